// Great-circle distance from arithmetic alone, the same bits on every machine.
//
//   distance_km(52.52, 13.40, 48.14, 11.58);   // Berlin to Munich: 504 km
#pragma once

namespace weir::decide {

// Returns the distance of two points given in degrees on a sphere of radius 6,371.0088 km
// (haversine), within 1e-6 km; NaN if a latitude is beyond +-90 or a longitude beyond +-180.
double distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

}  // namespace weir::decide
