// A sheet to draw on, with a finger, pen, mouse or the keyboard.

class Drawing {
  static side = 280;   // of the picture that is read
  static thick = 12;   // a stroke, of that; on reading it grows to what the network knows
  static step = 14;    // of the pen on the arrow keys

  // Calls `changed` after each change, and `tell` with words for who cannot see the pen.
  constructor(canvas, pen, changed, tell) {
    this.canvas = canvas;
    this.pen = pen;
    this.changed = changed;
    this.tell = tell;
    this.strokes = [];
    this.pointer = null;  // that draws
    this.place = {x: Drawing.side / 2, y: Drawing.side / 2};  // of the pen on the arrow keys
    this.penDown = false;
    this.ink = canvas.getContext('2d');
    const small = document.createElement('canvas');
    small.width = small.height = Drawing.side;
    this.reading = small.getContext('2d', {willReadFrequently: true});
    this.redraw();
    canvas.addEventListener('pointerdown', event => this.begin(event));
    canvas.addEventListener('pointermove', event => this.move(event));
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'])
      canvas.addEventListener(end, event => this.end(event));
    canvas.addEventListener('keydown', event => this.key(event));
    canvas.addEventListener('focus', () => this.showPen());
    canvas.addEventListener('blur', () => this.showPen());
  }

  get empty() { return this.strokes.length === 0; }

  // Gray values, row by row: 0 black to 255 white.
  picture() {
    this.reading.drawImage(this.canvas, 0, 0, Drawing.side, Drawing.side);
    const {data} = this.reading.getImageData(0, 0, Drawing.side, Drawing.side);
    const gray = new Uint8Array(data.length / 4);
    for (let pixel = 0; pixel < gray.length; ++pixel) gray[pixel] = data[4 * pixel];
    return gray;
  }

  undo() {
    this.liftPen();
    this.strokes.pop();
    this.redraw();
    this.tell(this.empty ? 'The sheet is empty' : 'Last stroke taken back');
  }

  clear() {
    this.liftPen();
    this.strokes = [];
    this.redraw();
    this.tell('The sheet is empty');
  }

  placeOf({clientX, clientY}) {
    const box = this.canvas.getBoundingClientRect();
    return {x: (clientX - box.left) / box.width * Drawing.side, y: (clientY - box.top) / box.height * Drawing.side};
  }

  begin(event) {
    if (this.pointer !== null || event.button !== 0) return;
    this.liftPen();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([]);
    this.extend(this.placeOf(event));
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    // What a fast hand did between two frames.
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.extend(this.placeOf(one));
  }

  end(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  key(event) {
    if (event.ctrlKey && event.key === 'z') {
      event.preventDefault();
      return this.undo();
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.shiftKey ? Drawing.step / 4 : Drawing.step;
    const acts = {
      ArrowLeft: () => this.movePen(-step, 0),
      ArrowRight: () => this.movePen(step, 0),
      ArrowUp: () => this.movePen(0, -step),
      ArrowDown: () => this.movePen(0, step),
      ' ': () => this.penDown ? this.liftPen('Pen lifted') : this.lowerPen(),
      Backspace: () => this.undo(),
      Delete: () => this.clear(),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
    this.showPen(true);
  }

  movePen(right, down) {
    const within = value => Math.min(Drawing.side, Math.max(0, value));
    this.place = {x: within(this.place.x + right), y: within(this.place.y + down)};
    if (this.penDown) this.extend(this.place);
  }

  lowerPen() {
    this.penDown = true;
    this.strokes.push([]);
    this.extend(this.place);
    this.tell('Pen down');
  }

  liftPen(words) {
    if (this.penDown && words) this.tell(words);
    this.penDown = false;
    this.showPen();
  }

  // Only for who uses the keyboard.
  showPen(byKey = this.canvas.matches(':focus-visible')) {
    this.pen.hidden = !byKey || document.activeElement !== this.canvas;
    this.pen.classList.toggle('down', this.penDown);
    this.pen.style.left = `${this.place.x / Drawing.side * 100}%`;
    this.pen.style.top = `${this.place.y / Drawing.side * 100}%`;
  }

  // The stroke goes on to `point`.
  extend(point) {
    const stroke = this.strokes.at(-1);
    stroke.push(point);
    this.line(stroke.slice(-2));
    this.changed();
  }

  redraw() {
    this.ink.fillStyle = '#fff';
    this.ink.fillRect(0, 0, this.canvas.width, this.canvas.height);
    for (const stroke of this.strokes) this.line(stroke);
    this.changed();
  }

  line(points) {
    const scale = this.canvas.width / Drawing.side;
    const {ink} = this;
    ink.lineWidth = Drawing.thick * scale;
    ink.lineCap = ink.lineJoin = 'round';
    ink.beginPath();
    ink.moveTo(points[0].x * scale, points[0].y * scale);
    for (const {x, y} of points) ink.lineTo(x * scale, y * scale);
    ink.stroke();
  }
}
