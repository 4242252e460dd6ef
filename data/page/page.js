// Fills the page with what the run found.

const result = JSON.parse(byId('result').textContent);
const content = JSON.parse(byId('content').textContent);
const {trained} = content;
const isNumber = value => typeof value === 'number';

const network = trained && new Network(content.layers, new Float32Array(bytesOf(trained.parameters).buffer));

// Test images by what they are and what they were read as.
const confusion = trained?.confusion;
const tested = confusion?.flat().reduce((sum, count) => sum + count, 0);
const right = confusion?.reduce((sum, row, digit) => sum + row[digit], 0);

function showKey() {
  const entries = [
    ['of the test images read right', trained && percent(right / tested)],
    ['training steps', inWords.format(result.steps)],
    ['images a second in training', result.images_per_second && inWords.format(result.images_per_second)],
  ];
  for (const [term, value] of entries)
    if (value) byId('key').append(element('div', {}, element('dt', {}, term), element('dd', {}, value)));
}

// Draws on the sheet are read in the next frame; what is said of it waits until the hand rests.
function letDraw() {
  const rest = 800;  // milliseconds
  const bars = Array.from({length: 10}, (_, digit) => bar(String(digit)));
  byId('digits').append(...bars.map(({line}) => line));
  let asked = false;
  let resting = 0;
  let taken = 0;

  const say = words => { byId('spoken').textContent = words; };

  function read() {
    asked = false;
    const start = performance.now();
    const image = digitPicture(drawing.picture(), Drawing.side, Drawing.side);
    const inked = image.some(pixel => pixel > 0);
    const shares = inked ? softmax(network.logits(image)) : Array(10).fill(0);
    taken = performance.now() - start;
    const most = inked ? shares.indexOf(Math.max(...shares)) : -1;
    shares.forEach((share, digit) => {
      bars[digit].set(share, inked ? `${Math.round(100 * share)} %` : '–');
      bars[digit].line.classList.toggle('most', digit === most);
    });
    byId('seen').src = digitUrl(image);
    byId('invitation').hidden = !drawing.empty;
    byId('answer').replaceChildren(
      ...(inked ? [element('strong', {}, String(most)), sureness(shares[most])] : ['\u00a0']));
    byId('answer').dataset.digit = inked ? most : '';
    clearTimeout(resting);
    if (inked) resting = setTimeout(() => {
      say(`Read as ${most}, ${sureness(shares[most])}`);
      byId('time').textContent = taken < 1 ? 'under a millisecond' : `${Math.round(taken)} ms`;
    }, rest);
  }

  function changed() {
    if (!asked) requestAnimationFrame(read);
    asked = true;
  }

  byId('draw').hidden = false;
  const drawing = new Drawing(byId('canvas'), byId('pen'), changed, say);
  byId('undo').addEventListener('click', () => drawing.undo());
  byId('clear').addEventListener('click', () => drawing.clear());
}

function showCurves() {
  const x = {name: 'step', text: value => inWords.format(value)};
  const least = 1e-6;  // that a logarithm shows
  const above0 = value => Math.max(least, value);
  const accuracy = result.curve.map(({step, accuracy: value}) => [step, value]);
  const steps = content.losses.filter(point => point.slice(2).every(isNumber));
  const test = content.test_losses.filter(point => isNumber(point[1])).map(([step, loss]) => [step, above0(loss)]);
  if (isNumber(result.final_loss)) test.push([accuracy.at(-1)[0], above0(result.final_loss)]);
  const charts = [];
  if (accuracy.length > 1)
    charts.push(lineChart({title: 'Accuracy on the test images', series: [{name: 'accuracy', points: accuracy}], x,
      y: {text: value => inShort.format(100 * value) + ' %', from: 0, to: 1}}));
  if (steps.length > 1)
    charts.push(lineChart({title: 'Loss', x, y: {text: value => inShort.format(value), logarithmic: true}, series: [
      {name: steps[0][1] > 1 ? `training, means of ${steps[0][1]} steps,` : 'training',
        points: steps.map(([first, , mean]) => [first, above0(mean)]),
        band: steps[0][1] > 1 ? steps.map(([first, , , low, high]) => [first, above0(low), above0(high)]) : []},
      {name: 'test images', points: test}]}));
  byId('curves').append(...charts);
  byId('learning').hidden = charts.length === 0;
}

function showMistakes() {
  const {mistakes} = trained;
  const most = Math.max(1, ...confusion.flatMap((row, digit) => row.filter((_, other) => other !== digit)));
  byId('mistaken').textContent = `Of ${inWords.format(tested)} test images it reads ${inWords.format(tested - right)} wrong.`;
  const digits = confusion.map((_, digit) => digit);
  const cell = (count, label, answer) => {
    const td = element('td', {class: count === 0 ? 'none' : label === answer ? 'right' : 'wrong'}, String(count));
    td.style.setProperty('--share', 0.12 + 0.5 * Math.sqrt(count / most));
    return td;
  };
  byId('confusion').append(
    element('caption', {}, 'How many images of each digit (rows) were read as which (columns)'),
    element('thead', {}, element('tr', {}, element('td', {class: 'none'}), ...digits.map(digit => element('th', {scope: 'col'}, String(digit))))),
    element('tbody', {}, ...confusion.map((row, label) => element('tr', {},
      element('th', {scope: 'row'}, String(label)), ...row.map((count, answer) => cell(count, label, answer))))));
  byId('worst').append(...mistakes.map(({image, label, answer, probability, pixels}) => element('li', {},
    element('img', {class: 'digit', src: digitUrl(bytesOf(pixels)), alt: `Test image ${image}`, width: 84, height: 84}),
    `a ${label}, read as ${answer}`, element('span', {}, sureness(probability)))));
  byId('worst-title').hidden = mistakes.length === 0;
  byId('mistakes').hidden = false;
}

// Each weight and its neighbours, twice weighed as 1, 2, 1 in rows and columns; what lies outside is 0.
function smoothed(weights, side) {
  const along = (from, step, place) => from.map((weight, i) =>
    (2 * weight + (place(i) > 0 ? from[i - step] : 0) + (place(i) < side - 1 ? from[i + step] : 0)) / 4);
  const once = from => along(along(from, 1, i => i % side), side, i => Math.floor(i / side));
  return once(once(weights));
}

// The pictures that the first layer compares its input with, as [side, weights] each, and what they are.
function firstFilters() {
  const mostShown = 40;
  const [first] = content.layers;
  if (first.kind === 'conv2d') {
    const size = first.kernel ** 2;
    const filters = Array.from({length: first.output[0]}, (_, filter) => network.first.subarray(filter * size, (filter + 1) * size));
    return {side: first.kernel, filters: filters.slice(0, mostShown),
      text: `The first layer lays ${filters.length} filters of ${first.kernel} × ${first.kernel} weights over every place of the picture, and notes where each fits.`};
  }
  const [units] = first.output;
  const side = first.input[1];
  const filters = Array.from({length: units}, (_, unit) =>
    smoothed(Float32Array.from({length: side * side}, (_, pixel) => network.first[pixel * units + unit]), side));
  const strength = new Map(filters.map(weights => [weights, weights.reduce((sum, weight) => sum + weight * weight, 0)]));
  filters.sort((one, other) => strength.get(other) - strength.get(one));
  return {side, filters: filters.slice(0, mostShown),
    text: `Each of the ${units} units of the first layer weighs all ${side} × ${side} pixels at once. Here are the ${Math.min(mostShown, units)} with the greatest weights, smoothed: each began as noise, which stays where no ink ever was.`};
}

function showFilters() {
  const {side, filters, text} = firstFilters();
  byId('filters-text').textContent = text;
  byId('filter-pictures').setAttribute('aria-label', `${filters.length} filters of ${side} × ${side} weights as pictures`);
  byId('filter-pictures').append(...filters.map(weights =>
    element('img', {src: weightsUrl(side, side, weights), alt: '', width: side, height: side})));
  byId('filters').hidden = false;
}

const gibibytes = bytes => isNumber(bytes) ? `${inShort.format(bytes / 2 ** 30)} GiB` : null;
const unit = (value, name) => isNumber(value) ? `${inShort.format(value)} ${name}` : null;
const rate = (measured, name) => measured &&
  unit(measured.measured, name) + (isNumber(measured.promised) ? ` of ${unit(measured.promised, name)} promised` : '');

function gpuFacts(gpu) {
  return [
    ['Compute capability', gpu.compute_capability],
    ['Multiprocessors', gpu.multiprocessors],
    ['Memory', gibibytes(gpu.total_memory_bytes)],
    ['Driver', [gpu.driver_version, `CUDA ${gpu.driver_cuda}`].filter(Boolean).join(', ')],
    ['Clock', unit(gpu.sm_clock_ghz, 'GHz')],
    ['Power cap', unit(gpu.power_cap_watts, 'W')],
    ['MIG slice', gpu.mig ? 'yes' : null],
    ['UUID', gpu.uuid],
    ['PCI bus', gpu.pci_bus_id],
    ['Readings', gpu.readings_absent],
  ];
}

function showDevice() {
  const {place, bandwidth, health} = result;
  const facts = [];
  for (const device of result.devices)
    facts.push(['Device', device.name], ['Engine', [device.engine, device.precision].filter(Boolean).join(', ')],
      ['Libraries', device.libraries.join(', ')], ['Recording', device.recording], ...(device.gpu ? gpuFacts(device.gpu) : []));
  if (bandwidth)
    facts.push(['Host to device', rate(bandwidth.host_to_device_gbps, 'GB/s')],
      ['Device to device', rate(bandwidth.device_to_device_gbps, 'GB/s')],
      ['Matrix product', rate(bandwidth.product_tflops, 'TFLOP/s')]);
  if (health) facts.push(['Health', health.absence]);
  facts.push(['Host', place.host], ['Node', place.node],
    ['Pod', place.pod && [place.namespace, place.pod].filter(Boolean).join('/')]);
  addFacts(byId('facts'), facts);
  if (health) showHealth(health.samples);
  byId('checks-title').hidden = result.checks.length === 0;
  byId('checks').append(...result.checks.map(({name, outcome, found, remedy}) => element('li', {class: outcome},
    element('b', {}, outcome), ` ${name}`, element('p', {}, [found, remedy].filter(Boolean).join('; ')))));
}

function showHealth(samples) {
  const measures = [['Temperature', 'temperature_celsius', '°C'], ['Power', 'power_watts', 'W'],
    ['Clock', 'sm_clock_mhz', 'MHz'], ['Utilization', 'utilization_percent', '%']];
  for (const [title, column, name] of measures) {
    const points = samples.seconds.map((time, i) => [time, samples[column][i]]).filter(point => point.every(isNumber));
    if (points.length > 1)
      byId('health').append(lineChart({title: `${title} in ${name}`, series: [{name: title.toLowerCase(), points}],
        x: {name: 'seconds', text: value => inShort.format(value)}, y: {text: value => inShort.format(value), from: 0}}));
  }
}

function showTimes() {
  const {total, ...parts} = result.timings_s;
  if (!isNumber(total)) return;
  const names = {checks: 'Checking numbers', data: 'Getting the data', engine: 'Engine set-up', training: 'Training', evaluation: 'Evaluation'};
  const known = Object.entries(parts).filter(([, time]) => isNumber(time)).map(([part, time]) => [names[part], time]);
  known.push(['All else', Math.max(0, total - known.reduce((sum, [, time]) => sum + time, 0))]);
  for (const [name, time] of known) {
    const {line, set} = bar(name);
    set(time / total, `${seconds(time)}, ${percent(time / total)}`);
    byId('times').append(line);
  }
  byId('time-spent').hidden = false;
}

function showIdentity() {
  const {dataset} = result;
  addFacts(byId('identity'), [
    ['Network', result.model],
    ['Data set', dataset.name === 'synthetic' ? 'synthetic digits, not MNIST' : dataset.name],
    ['Seed', content.seed],
    ['Parameters', result.parameters_sha256 && `SHA-256 ${result.parameters_sha256}`],
    ['Data', dataset.sha256 && `SHA-256 ${dataset.sha256}`],
    ['Program', result.version && `mnist-demo ${result.version}`],
  ]);
}

showKey();
if (network) {
  const [{input}] = content.layers;
  if (input.join() === '1,28,28') letDraw();
  showMistakes();
  showFilters();
}
showCurves();
showDevice();
showTimes();
showIdentity();
