// Any picture of a digit as one of those that the network knows. Whole numbers only, and function by
// function as in src/picture/ (digit_picture.cpp, ink.cpp, gray_picture.cpp), which gives the same bytes:
// change both.
'use strict';

const DIGIT_SIDE = 28;
const CELLS = 32;  // that a picture's longer side has where its paper is looked at

function blank(width, height) {
  return {width, height, pixels: new Uint8Array(width * height)};
}

function allOf(picture) {
  return {left: 0, top: 0, width: picture.width, height: picture.height};
}

function place(picture, x, y) {
  return y * picture.width + x;
}

function at(picture, x, y) {
  return picture.pixels[place(picture, x, y)];
}

// What lies outside is 0.
function atOr0(picture, x, y) {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return 0;
  return at(picture, x, y);
}

function set(picture, x, y, value) {
  picture.pixels[place(picture, x, y)] = value;
}

function clamp(value, least, most) {
  return Math.max(least, Math.min(value, most));
}

// A part of a picture in another size, each pixel the mean of the area that it covers.
function resized(from, box, width, height) {
  const to = blank(width, height);
  const area = box.width * box.height;
  for (let y = 0; y < height; ++y) {
    const top = y * box.height;  // in rows / height
    const bottom = top + box.height;
    for (let x = 0; x < width; ++x) {
      const left = x * box.width;  // in columns / width
      const right = left + box.width;
      let sum = 0;
      for (let row = Math.floor(top / height); row * height < bottom; ++row) {
        const rows = Math.min((row + 1) * height, bottom) - Math.max(row * height, top);
        for (let column = Math.floor(left / width); column * width < right; ++column) {
          const columns = Math.min((column + 1) * width, right) - Math.max(column * width, left);
          sum += rows * columns * at(from, box.left + column, box.top + row);
        }
      }
      set(to, x, y, Math.floor((2 * sum + area) / (2 * area)));
    }
  }
  return to;
}

// As large as it fits into side x side.
function fitted(from, box, side) {
  const longest = Math.max(box.width, box.height);
  const scaled = (length) =>
    Math.max(1, Math.floor((2 * length * side + longest) / (2 * longest)));
  return resized(from, box, scaled(box.width), scaled(box.height));
}

// No larger than side x side.
function shrunk(from, side) {
  return Math.max(from.width, from.height) > side ? fitted(from, allOf(from), side) : from;
}

function inverted(from) {
  return {width: from.width, height: from.height, pixels: from.pixels.map((pixel) => 255 - pixel)};
}

// A morphological closing: what is dark and smaller than a square of 2 * reach + 1 goes.
function closed(from, reach) {
  const window = 2 * reach + 1;
  const brightest = blank(from.width + 2 * reach, from.height + 2 * reach);
  for (let y = 0; y < brightest.height; ++y)
    for (let x = 0; x < brightest.width; ++x) {
      let most = 0;
      for (let row = Math.max(0, y - window + 1); row <= Math.min(from.height - 1, y); ++row)
        for (let column = Math.max(0, x - window + 1); column <= Math.min(from.width - 1, x);
             ++column)
          most = Math.max(most, at(from, column, row));
      set(brightest, x, y, most);
    }
  const to = blank(from.width, from.height);
  for (let y = 0; y < to.height; ++y)
    for (let x = 0; x < to.width; ++x) {
      let least = 255;
      for (let row = y; row < y + window; ++row)
        for (let column = x; column < x + window; ++column)
          least = Math.min(least, at(brightest, column, row));
      set(to, x, y, least);
    }
  return to;
}

// Each pixel becomes the darkest of its nine neighbours.
function darkened(from) {
  const to = blank(from.width, from.height);
  for (let y = 0; y < to.height; ++y)
    for (let x = 0; x < to.width; ++x) {
      let least = 255;
      for (let row = Math.max(0, y - 1); row <= Math.min(from.height - 1, y + 1); ++row)
        for (let column = Math.max(0, x - 1); column <= Math.min(from.width - 1, x + 1); ++column)
          least = Math.min(least, at(from, column, row));
      set(to, x, y, least);
    }
  return to;
}

// Each pixel becomes the mean of those up to `reach` away.
function blurred(from, reach) {
  const to = blank(from.width, from.height);
  for (let y = 0; y < to.height; ++y)
    for (let x = 0; x < to.width; ++x) {
      let sum = 0;
      let count = 0;
      for (let row = Math.max(0, y - reach); row <= Math.min(from.height - 1, y + reach); ++row)
        for (let column = Math.max(0, x - reach); column <= Math.min(from.width - 1, x + reach);
             ++column) {
          sum += at(from, column, row);
          ++count;
        }
      set(to, x, y, Math.floor(sum / count));
    }
  return to;
}

// As large as another; in between pixels it is as far between their values (bilinear).
function stretched(from, {width, height}) {
  const to = blank(width, height);
  for (let y = 0; y < height; ++y) {
    const v = clamp((2 * y + 1) * from.height - height, 0, 2 * height * (from.height - 1));
    const above = Math.floor(v / (2 * height));
    const below = Math.min(above + 1, from.height - 1);
    const low = v % (2 * height);
    for (let x = 0; x < width; ++x) {
      const u = clamp((2 * x + 1) * from.width - width, 0, 2 * width * (from.width - 1));
      const left = Math.floor(u / (2 * width));
      const right = Math.min(left + 1, from.width - 1);
      const far = u % (2 * width);
      const upper = at(from, left, above) * (2 * width - far) + at(from, right, above) * far;
      const lower = at(from, left, below) * (2 * width - far) + at(from, right, below) * far;
      set(to, x, y, Math.floor((upper * (2 * height - low) + lower * low) / (4 * width * height)));
    }
  }
  return to;
}

// How much darker each pixel is than the paper around it, as a share of the paper's brightness.
// Between a light cell and a dark one the paper is as dark as the latter: where a shadow or the sheet
// ends, nothing is inked.
function inkOf(picture) {
  const reach = 6;          // in cells; wider than any stroke
  const darkestPaper = 64;  // below, the share would be of noise
  const paper = stretched(darkened(closed(shrunk(picture, CELLS), reach)), picture);
  const ink = blank(picture.width, picture.height);
  for (let i = 0; i < ink.pixels.length; ++i) {
    const darker = Math.max(0, paper.pixels[i] - picture.pixels[i]);
    ink.pixels[i] =
      Math.min(255, Math.floor(255 * darker / Math.max(darkestPaper, paper.pixels[i])));
  }
  return ink;
}

// Strokes cover less than the paper between them, so they are farther from the mean around them.
// That counts where there are strokes, or what is as narrow: the table around a sheet and the edge of
// a shadow are far from it, too.
function isLightOnDark(picture) {
  const reach = 5;        // in cells
  const narrowReach = 2;  // as wide as bold strokes
  const small = shrunk(picture, CELLS);
  const around = stretched(blurred(small, reach), picture);
  const lightest = stretched(closed(small, narrowReach), picture);
  const darkest = stretched(inverted(closed(inverted(small), narrowReach)), picture);
  let sum = 0;
  for (let i = 0; i < picture.pixels.length; ++i) {
    const lighter = picture.pixels[i] - around.pixels[i];
    const narrow = Math.max(0, lightest.pixels[i] - darkest.pixels[i]);
    sum += (1 + narrow) * lighter * lighter * lighter;
  }
  return sum > 0;
}

// The most ink that nine neighbours have on average.
function strongest(ink) {
  let most = 0;
  for (let y = 0; y < ink.height; ++y)
    for (let x = 0; x < ink.width; ++x) {
      let sum = 0;
      for (let row = y - 1; row <= y + 1; ++row)
        for (let column = x - 1; column <= x + 1; ++column) sum += atOr0(ink, column, row);
      most = Math.max(most, Math.floor(sum / 9));
    }
  return most;
}

// The connected parts of the ink.
function partsOf(ink, threshold) {
  const parts = [];
  const seen = blank(ink.width, ink.height);
  for (let start = 0; start < ink.pixels.length; ++start) {
    if (ink.pixels[start] < threshold || seen.pixels[start]) continue;
    const part = {
      pixels: [start], mass: 0, atEdge: false, left: ink.width, right: 0, top: ink.height, bottom: 0,
    };
    seen.pixels[start] = 1;
    for (let next = 0; next < part.pixels.length; ++next) {
      const pixel = part.pixels[next];
      const x = pixel % ink.width;
      const y = Math.floor(pixel / ink.width);
      part.mass += ink.pixels[pixel];
      if (x === 0 || y === 0 || x === ink.width - 1 || y === ink.height - 1) part.atEdge = true;
      part.left = Math.min(part.left, x);
      part.right = Math.max(part.right, x);
      part.top = Math.min(part.top, y);
      part.bottom = Math.max(part.bottom, y);
      for (let row = y - 1; row <= y + 1; ++row)
        for (let column = x - 1; column <= x + 1; ++column) {
          if (atOr0(ink, column, row) < threshold) continue;
          const neighbour = place(ink, column, row);
          if (seen.pixels[neighbour]) continue;
          seen.pixels[neighbour] = 1;
          part.pixels.push(neighbour);
        }
    }
    parts.push(part);
  }
  return parts;
}

// The heaviest, or the heaviest that is whole where it is not much lighter: an edge of the paper is
// cut off by the picture's.
function mainPart(parts) {
  let heaviest = parts[0];
  let whole = null;
  for (const part of parts) {
    if (part.mass > heaviest.mass) heaviest = part;
    if (!part.atEdge && (!whole || part.mass > whole.mass)) whole = part;
  }
  return whole && 16 * whole.mass > heaviest.mass ? whole : heaviest;
}

function belongsTo(part, main) {
  const speck = 24;  // of the main part's mass
  if (part.mass * speck < main.mass || (part.atEdge && !main.atEdge)) return false;
  const reach = Math.floor(Math.max(main.right - main.left, main.bottom - main.top) / 2);
  return part.left <= main.right + reach && part.right >= main.left - reach &&
         part.top <= main.bottom + reach && part.bottom >= main.top - reach;
}

// The strokes of the digit alone; null where there is no ink.
function cutOut(ink) {
  const leastContrast = 20;
  const most = strongest(ink);
  if (most < leastContrast) return null;
  const threshold = Math.floor(most * 2 / 5);
  const parts = partsOf(ink, threshold);
  const main = mainPart(parts);
  const digit = blank(ink.width, ink.height);
  let left = ink.width, right = 0, top = ink.height, bottom = 0;
  const low = Math.floor(threshold / 2);
  const high = threshold + low;
  for (const part of parts) {
    if (!belongsTo(part, main)) continue;
    left = Math.min(left, part.left);
    right = Math.max(right, part.right);
    top = Math.min(top, part.top);
    bottom = Math.max(bottom, part.bottom);
    for (const pixel of part.pixels) {
      const x = pixel % ink.width;
      const y = Math.floor(pixel / ink.width);
      for (let row = Math.max(0, y - 1); row <= Math.min(ink.height - 1, y + 1); ++row)
        for (let column = Math.max(0, x - 1); column <= Math.min(ink.width - 1, x + 1); ++column)
          set(digit, column, row,
              clamp(Math.floor(255 * (at(ink, column, row) - low) / (high - low)), 0, 255));
    }
  }
  const box = {left, top, width: right - left + 1, height: bottom - top + 1};
  return resized(digit, box, box.width, box.height);
}

// The digit in a picture, dark on light or light on dark, cut out, from 0 (paper) to 255 (ink); null
// where there is no ink.
function digitInInk(picture) {
  return cutOut(inkOf(isLightOnDark(picture) ? inverted(picture) : picture));
}

// How far strokes have to grow on each side, or to shrink where that is negative, to be as thick as
// most of MNIST's. A stroke's area is length * thickness, its outline 2 * length, which steps of
// pixels make 14 / 11 (4 / pi) longer.
function lacking(digit, thinnest, thickest) {
  let area = 0;
  let outline = 0;
  for (let y = 0; y <= digit.height; ++y)
    for (let x = 0; x <= digit.width; ++x) {
      const inside = atOr0(digit, x, y) >= 128;
      area += inside;
      outline += inside !== (atOr0(digit, x - 1, y) >= 128);
      outline += inside !== (atOr0(digit, x, y - 1) >= 128);
    }
  if (outline === 0) return 0;
  const thickness = Math.floor(28 * area / (11 * outline));
  if (thickness < thinnest) return Math.floor((thinnest - thickness + 1) / 2);
  if (thickness > thickest) return -Math.floor((thickness - thickest) / 2);
  return 0;
}

// Each pixel becomes the most within a circle, or the least where the radius is negative.
function grown(from, radius) {
  const reach = Math.abs(radius);
  const to = blank(Math.max(1, from.width + 2 * radius), Math.max(1, from.height + 2 * radius));
  for (let y = 0; y < to.height; ++y)
    for (let x = 0; x < to.width; ++x) {
      let value = radius < 0 ? 255 : 0;
      for (let down = -reach; down <= reach; ++down)
        for (let right = -reach; right <= reach; ++right) {
          if (right * right + down * down > reach * reach) continue;
          const other = atOr0(from, x - radius + right, y - radius + down);
          value = radius < 0 ? Math.min(value, other) : Math.max(value, other);
        }
      set(to, x, y, value);
    }
  return to;
}

function sumOf(picture) {
  return picture.pixels.reduce((sum, pixel) => sum + pixel, 0);
}

// With its centre of mass in the middle.
function centred(digit) {
  let sumX = 0;
  let sumY = 0;
  for (let y = 0; y < digit.height; ++y)
    for (let x = 0; x < digit.width; ++x) {
      sumX += x * at(digit, x, y);
      sumY += y * at(digit, x, y);
    }
  const mass = Math.max(1, sumOf(digit));
  const offset = (sum, length) =>
    clamp(DIGIT_SIDE / 2 - Math.floor((2 * sum + mass) / (2 * mass)), 0, DIGIT_SIDE - length);
  const left = offset(sumX, digit.width);
  const top = offset(sumY, digit.height);
  const picture = blank(DIGIT_SIDE, DIGIT_SIDE);
  for (let y = 0; y < digit.height; ++y)
    for (let x = 0; x < digit.width; ++x) set(picture, left + x, top + y, at(digit, x, y));
  return picture.pixels;
}

// `gray` has width * height bytes, row by row, 0 black and 255 white. Returns 784 bytes, 0 paper and
// 255 ink; all 0 where there is no ink.
function digitPicture(gray, width, height) {
  const workingSide = 400;
  const fineSide = 100;  // where strokes grow
  const thinnest = 11;   // strokes, of that
  const thickest = 14;
  const boxSide = 20;
  const picture = {width, height, pixels: gray};
  const digit = digitInInk(shrunk(picture, workingSide));
  if (!digit) return new Uint8Array(DIGIT_SIDE * DIGIT_SIDE);
  const fine = fitted(digit, allOf(digit), fineSide);
  const strokes = grown(fine, lacking(fine, thinnest, thickest));
  return centred(fitted(strokes, allOf(strokes), boxSide));
}
