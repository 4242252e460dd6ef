// The trained network's forward pass: each layer takes and gives one image's values, in channel, row,
// column order.

const layerKinds = {
  // A filter is laid over every place of its input, without turning it round.
  conv2d({kernel, input: [channels, height, width], output: [filters, rows, columns]}, weights, bias) {
    const at = (channel, row, column) => (channel * height + row) * width + column;
    return values => {
      const output = new Float32Array(filters * rows * columns);
      for (let filter = 0, to = 0; filter < filters; ++filter) {
        const own = weights.subarray(filter * channels * kernel * kernel);
        for (let y = 0; y < rows; ++y)
          for (let x = 0; x < columns; ++x) {
            let sum = bias[filter];
            for (let channel = 0, from = 0; channel < channels; ++channel)
              for (let row = 0; row < kernel; ++row) {
                const line = at(channel, y + row, x);
                for (let column = 0; column < kernel; ++column) sum += own[from++] * values[line + column];
              }
            output[to++] = sum;
          }
      }
      return output;
    };
  },

  relu: () => values => values.map(value => Math.max(0, value)),

  max_pool({window: side, input: [, height, width], output: [channels, rows, columns]}) {
    return values => {
      const output = new Float32Array(channels * rows * columns).fill(-Infinity);
      for (let channel = 0; channel < channels; ++channel)
        for (let y = 0; y < rows * side; ++y)
          for (let x = 0; x < columns * side; ++x) {
            const to = (channel * rows + Math.floor(y / side)) * columns + Math.floor(x / side);
            output[to] = Math.max(output[to], values[(channel * height + y) * width + x]);
          }
      return output;
    };
  },

  // Only training drops anything.
  dropout: () => values => values,

  linear({output: [units]}, weights, bias) {
    return values => {
      const sums = Float64Array.from(bias);
      for (let i = 0; i < values.length; ++i) {
        if (values[i] === 0) continue;  // as most of a drawing is
        for (let unit = 0; unit < units; ++unit) sums[unit] += values[i] * weights[i * units + unit];
      }
      return Float32Array.from(sums);
    };
  },
};

class Network {
  // `layers` as the program describes them, and all parameters in their order.
  constructor(layers, parameters) {
    const part = ([offset, size]) => parameters.subarray(offset, offset + size);
    this.layers = layers;
    this.first = part(layers[0].weights);
    this.steps = layers.map(layer => layerKinds[layer.kind](layer, part(layer.weights), part(layer.bias)));
  }

  // Of an image's bytes, 0 paper to 255 ink.
  logits(image) {
    const values = Float32Array.from(image, pixel => pixel / 255);
    return this.steps.reduce((input, step) => step(input), values);
  }
}

function softmax(logits) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, logit => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map(power => power / sum);
}
