// Sparklines: an area and a line in SVG, drawn again in place.

const ns = 'http://www.w3.org/2000/svg';
const width = 600;

export class Spark {
  /** `height` in the drawing's own units; the box stretches to its place. */
  constructor(height, label) {
    this.height = height;
    this.label = label;
    this.svg = document.createElementNS(ns, 'svg');
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.setAttribute('preserveAspectRatio', 'none');
    this.svg.setAttribute('role', 'img');
    this.svg.classList.add('spark');
    this.area = this.add('spark-area');
    this.line = this.add('spark-line');
    this.points = [];
  }

  add(name) {
    const path = document.createElementNS(ns, 'path');
    path.classList.add(name);
    this.svg.append(path);
    return path;
  }

  /** Draws values, oldest first, over `slots` places; the newest is at the right edge. */
  draw(points, slots, describe) {
    this.points = points;
    const known = points.filter(Number.isFinite);
    if (known.length < 2) {
      this.line.setAttribute('d', '');
      this.area.setAttribute('d', '');
      return;
    }
    const top = Math.max(...known, 1e-9) * 1.12;
    const step = width / (Math.max(slots, points.length) - 1);
    const first = width - step * (points.length - 1);
    const xy = points.map((value, i) => {
      const y = this.height - 2 - (Number.isFinite(value) ? value / top : 0) * (this.height - 4);
      return `${(first + i * step).toFixed(1)},${y.toFixed(1)}`;
    });
    this.line.setAttribute('d', `M${xy.join('L')}`);
    this.area.setAttribute('d', `M${first.toFixed(1)},${this.height}L${xy.join('L')}L${width},${this.height}Z`);
    this.svg.setAttribute('aria-label', describe(this.label, Math.min(...known), Math.max(...known), known.at(-1)));
  }
}
