// The Fortran entry points of LAPACK that the matrix ops call; they lie in the serial OpenBLAS.
//
//   lapack::Int info = 0;
//   lapack::dpotrf_("U", &n, a, &lda, &info, 1);   // row-major lower is column-major upper
//
// Matrices are column-major: a row-major matrix passed as it lies is its transpose. Each character
// argument has its length as a hidden argument at the end, in order. Thread-safe: the library is
// built without threads and keeps no state between calls; it allocates a packing buffer per thread.
// Only reference, cpu and bench sources may include this.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::ops::lapack {

using Int = std::int32_t;
using Length = std::size_t;  // of a character argument

extern "C" {

// LU with partial pivoting, P A = L U; pivots from 1; info > 0: U(info, info) is exactly zero.
void dgetrf_(const Int* m, const Int* n, double* a, const Int* lda, Int* pivots, Int* info);
void dgetrs_(const char* trans, const Int* n, const Int* nrhs, const double* a, const Int* lda,
             const Int* pivots, double* b, const Int* ldb, Int* info, Length trans_length);
void dgetri_(const Int* n, double* a, const Int* lda, const Int* pivots, double* work,
             const Int* lwork, Int* info);
void dlaswp_(const Int* n, double* a, const Int* lda, const Int* k1, const Int* k2,
             const Int* pivots, const Int* incx);
void dtrtri_(const char* uplo, const char* diag, const Int* n, double* a, const Int* lda, Int* info,
             Length uplo_length, Length diag_length);
void dgecon_(const char* norm, const Int* n, const double* a, const Int* lda, const double* anorm,
             double* rcond, double* work, Int* iwork, Int* info, Length norm_length);
double dlange_(const char* norm, const Int* m, const Int* n, const double* a, const Int* lda,
               double* work, Length norm_length);

// Cholesky; info > 0: the leading minor of that order is not positive definite.
void dpotrf_(const char* uplo, const Int* n, double* a, const Int* lda, Int* info,
             Length uplo_length);
void dpotrs_(const char* uplo, const Int* n, const Int* nrhs, const double* a, const Int* lda,
             double* b, const Int* ldb, Int* info, Length uplo_length);
void dpocon_(const char* uplo, const Int* n, const double* a, const Int* lda, const double* anorm,
             double* rcond, double* work, Int* iwork, Int* info, Length uplo_length);
double dlansy_(const char* norm, const char* uplo, const Int* n, const double* a, const Int* lda,
               double* work, Length norm_length, Length uplo_length);

// QR by Householder reflections, without and with column pivoting.
void dgeqrf_(const Int* m, const Int* n, double* a, const Int* lda, double* tau, double* work,
             const Int* lwork, Int* info);
void dlarft_(const char* direct, const char* storev, const Int* n, const Int* k, const double* v,
             const Int* ldv, const double* tau, double* t, const Int* ldt, Length direct_length,
             Length storev_length);
void dlarfb_(const char* side, const char* trans, const char* direct, const char* storev,
             const Int* m, const Int* n, const Int* k, const double* v, const Int* ldv,
             const double* t, const Int* ldt, double* c, const Int* ldc, double* work,
             const Int* ldwork, Length side_length, Length trans_length, Length direct_length,
             Length storev_length);
void dgeqp3_(const Int* m, const Int* n, double* a, const Int* lda, Int* pivots, double* tau,
             double* work, const Int* lwork, Int* info);
void dgelsy_(const Int* m, const Int* n, const Int* nrhs, double* a, const Int* lda, double* b,
             const Int* ldb, Int* pivots, const double* rcond, Int* rank, double* work,
             const Int* lwork, Int* info);
void dorgqr_(const Int* m, const Int* n, const Int* k, double* a, const Int* lda, const double* tau,
             double* work, const Int* lwork, Int* info);
void dormqr_(const char* side, const char* trans, const Int* m, const Int* n, const Int* k,
             const double* a, const Int* lda, const double* tau, double* c, const Int* ldc,
             double* work, const Int* lwork, Int* info, Length side_length, Length trans_length);
void dtrtrs_(const char* uplo, const char* trans, const char* diag, const Int* n, const Int* nrhs,
             const double* a, const Int* lda, double* b, const Int* ldb, Int* info,
             Length uplo_length, Length trans_length, Length diag_length);

// Symmetric eigenproblem and SVD by divide and conquer.
// The steps of dsyevd: to tridiagonal form, its eigenvectors, and back.
void dsytrd_(const char* uplo, const Int* n, double* a, const Int* lda, double* d, double* e,
             double* tau, double* work, const Int* lwork, Int* info, Length uplo_length);
void dsterf_(const Int* n, double* d, double* e, Int* info);
void dstedc_(const char* compz, const Int* n, double* d, double* e, double* z, const Int* ldz,
             double* work, const Int* lwork, Int* iwork, const Int* liwork, Int* info,
             Length compz_length);
void dormtr_(const char* side, const char* uplo, const char* trans, const Int* m, const Int* n,
             const double* a, const Int* lda, const double* tau, double* c, const Int* ldc,
             double* work, const Int* lwork, Int* info, Length side_length, Length uplo_length,
             Length trans_length);
void dsyevd_(const char* jobz, const char* uplo, const Int* n, double* a, const Int* lda, double* w,
             double* work, const Int* lwork, Int* iwork, const Int* liwork, Int* info,
             Length jobz_length, Length uplo_length);
void dgesdd_(const char* jobz, const Int* m, const Int* n, double* a, const Int* lda, double* s,
             double* u, const Int* ldu, double* vt, const Int* ldvt, double* work, const Int* lwork,
             Int* iwork, Int* info, Length jobz_length);

}  // extern "C"

}  // namespace weir::ops::lapack
