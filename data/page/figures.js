// Elements, pictures, bars and charts.

function filledIn(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const element = (name, attributes = {}, ...children) =>
  filledIn(document.createElement(name), attributes, children);

const svg = (name, attributes = {}, ...children) =>
  filledIn(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);

const byId = id => document.getElementById(id);

const inWords = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const inShort = new Intl.NumberFormat('en', {maximumSignificantDigits: 3});
const percent = share => `${(100 * share).toFixed(1)} %`;
// Of an answer, which is never quite certain.
const sureness = share => share >= 0.9995 ? 'over 99.9 % sure' : `${percent(share)} sure`;
const seconds = time => `${time.toFixed(time < 10 ? 2 : 1)} s`;

const bytesOf = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0));

// A data URL; `colour` gives a pixel's red, green, blue and opacity, each up to 255.
function pictureUrl(width, height, colour) {
  const canvas = element('canvas', {width, height});
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; ++pixel) image.data.set(colour(pixel), 4 * pixel);
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

const digitUrl = pixels => pictureUrl(28, 28, pixel => [pixels[pixel], pixels[pixel], pixels[pixel], 255]);

// What speaks for something in blue, what against it in red.
function weightsUrl(width, height, weights) {
  const most = weights.reduce((found, weight) => Math.max(found, Math.abs(weight)), 0) || 1;
  return pictureUrl(width, height, pixel => {
    const strength = 255 * Math.abs(weights[pixel]) / most;
    return weights[pixel] > 0 ? [47, 110, 207, strength] : [205, 72, 44, strength];
  });
}

// A line of a list of bars.
function bar(label) {
  const fill = element('span', {class: 'fill'});
  const value = element('span', {class: 'value'});
  const line = element('li', {}, element('span', {}, label), element('span', {class: 'track'}, fill), value);
  const set = (share, text) => {
    fill.style.setProperty('--share', share);
    value.textContent = text;
  };
  set(0, '–');
  return {line, set};
}

function addFacts(list, facts) {
  for (const [term, text] of facts)
    if (text !== null && text !== undefined && text !== '')
      list.append(element('dt', {}, term), element('dd', {}, String(text)));
}

// 0, 20, 40, ...: some round numbers from `least` to `most`.
function roundNumbers(least, most, count) {
  const rough = (most - least) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough);
  const numbers = [];
  for (let i = Math.ceil(least / step); i * step <= most * (1 + 1e-9); ++i) numbers.push(i * step);
  return numbers;
}

// 0.1, 0.2, 0.5, 1, ...; or their powers of ten alone where those are many.
function roundFactors(least, most) {
  const factors = Math.log10(most / least) > 2 ? [1] : [1, 2, 5];
  const numbers = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; ++power)
    for (const factor of factors)
      if (factor * 10 ** power >= least && factor * 10 ** power <= most) numbers.push(factor * 10 ** power);
  return numbers;
}

// A figure of lines: `series` are {name, points: [[x, y], ...], band: [[x, least, most], ...]}, `x`
// and `y` {name, text(value)}; with y.logarithmic as many steps up for each factor; y.from and y.to
// where more is to be seen than there is.
function lineChart({title, series, x, y}) {
  series = series.filter(one => one.points.length > 0);
  const all = series.flatMap(one => [...one.points, ...(one.band ?? []).map(([at, least]) => [at, least])]);
  const heights = all.map(point => point[1]).concat(y.from ?? [], y.to ?? []);
  const [left, right] = [Math.min(...all.map(point => point[0])), Math.max(...all.map(point => point[0]))];
  const [least, most] = [Math.min(...heights), Math.max(...heights)];
  const up = y.logarithmic ? Math.log : value => value;
  const last = series.map(one => `${one.name} ${y.text(one.points.at(-1)[1])}`);
  const drawing = svg('svg', {class: 'chart', role: 'img', 'aria-label': `${title}, at last: ${last.join(', ')}`});
  const margin = {left: 44, right: 12, top: 10, bottom: 36};

  function draw() {
    const {width, height} = drawing.getBoundingClientRect();
    if (width === 0) return;
    const across = at => margin.left + (at - left) / (right - left || 1) * (width - margin.left - margin.right);
    const down = at => height - margin.bottom -
      (up(at) - up(least)) / (up(most) - up(least) || 1) * (height - margin.top - margin.bottom);
    const path = points => 'M' + points.map(([at, value]) => `${across(at).toFixed(1)} ${down(value).toFixed(1)}`).join('L');
    const parts = [];
    for (const value of y.logarithmic ? roundFactors(least, most) : roundNumbers(least, most, 5))
      parts.push(svg('line', {class: 'grid', x1: margin.left, x2: width - margin.right, y1: down(value), y2: down(value)}),
        svg('text', {x: margin.left - 6, y: down(value) + 4, 'text-anchor': 'end'}, y.text(value)));
    for (const value of roundNumbers(left, right, width / 90))
      parts.push(svg('text', {x: across(value), y: height - margin.bottom + 16, 'text-anchor': 'middle'}, x.text(value)));
    parts.push(svg('line', {class: 'axis', x1: margin.left, x2: width - margin.right, y1: height - margin.bottom, y2: height - margin.bottom}),
      svg('text', {x: width - margin.right, y: height - 4, 'text-anchor': 'end'}, x.name));
    series.forEach(({points, band = []}, number) => {
      const above = band.map(([at, , value]) => [at, value]);
      const below = band.map(([at, value]) => [at, value]).reverse();
      if (band.length > 0) parts.push(svg('path', {class: 'band', d: path([...above, ...below])}));
      parts.push(svg('path', {class: `series-${number}${points.length > width / 2 ? ' many' : ''}`, d: path(points)}));
      const [end, value] = points.at(-1);
      parts.push(svg('circle', {class: `series-${number}`, cx: across(end), cy: down(value), r: 3.5}));
    });
    drawing.replaceChildren(...parts);
  }

  new ResizeObserver(draw).observe(drawing);
  const legend = element('p', {class: 'legend'}, ...last.flatMap((text, number) =>
    [element('span', {class: `swatch series-${number}`}), ' ', element('span', {}, text), ' ']));
  return element('figure', {}, element('figcaption', {}, title), legend, drawing, tableOf({title, series, x, y}));
}

// The same in figures: at some places of the series that has the fewest.
function tableOf({title, series, x, y}) {
  const most = 30;
  const rows = series.reduce((fewest, one) => one.points.length < fewest.length ? one.points : fewest, series[0].points);
  const stride = Math.ceil(rows.length / most);
  const shown = rows.filter((_, row) => (rows.length - 1 - row) % stride === 0);
  const head = element('tr', {}, ...[x.name, ...series.map(one => one.name)].map(name => element('th', {scope: 'col'}, name)));
  const lines = shown.map(([at]) => element('tr', {}, element('th', {scope: 'row'}, x.text(at)),
    ...series.map(one => element('td', {}, y.text((one.points.findLast(point => point[0] <= at) ?? one.points[0])[1])))));
  return element('details', {}, element('summary', {}, 'As a table'),
    element('div', {tabindex: 0, role: 'group', 'aria-label': title},
      element('table', {}, element('thead', {}, head), element('tbody', {}, ...lines))));
}
