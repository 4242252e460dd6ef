// trace_processor.js FOLDER TRACE QUERY...: loads the trace into Perfetto's trace processor, as its
// user interface does, and prints the rows of each query as a line of JSON. FOLDER holds that user
// interface, as it is built for browsers: engine_bundle.js and trace_processor*.wasm.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

// Protocol buffers, as far as perfetto/trace_processor/trace_processor.proto needs them here.
const METHOD = {append: 1, end: 2, query: 3};
const TRACE_DATA = 101, QUERY_ARGUMENTS = 103, QUERY_RESULT = 203;
const CELL = {null: 1, integer: 2, float: 3, string: 4};

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}
const integerField = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
const bytesField = (field, value) =>
  Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);

class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  done() { return this.at >= this.bytes.length; }
  take(size) { return this.bytes.subarray(this.at, (this.at += size)); }
  varint() {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  }
  // [field, value], where the value is a number or bytes.
  field() {
    const key = this.varint();
    const value = key % 8 === 0 ? this.varint() : this.take(key % 8 === 1 ? 8 : this.varint());
    return [key >> 3, value];
  }
}

function fieldsOf(bytes, number) {
  const found = [];
  for (const reader = new Reader(bytes); !reader.done();) {
    const [field, value] = reader.field();
    if (field === number) found.push(value);
  }
  return found;
}

function rowsOf(reply) {
  const rows = [];
  for (const message of fieldsOf(reply, 1))
    for (const result of fieldsOf(message, QUERY_RESULT)) {
      const [error] = fieldsOf(result, 2);
      if (error && error.length) throw new Error(error.toString());
      const columns = fieldsOf(result, 1).length;
      for (const batch of fieldsOf(result, 3)) {
        const part = (field) => new Reader(Buffer.concat(fieldsOf(batch, field)));
        const [cells, integers, floats] = [part(1), part(2), part(3)];
        const strings = part(5).bytes.toString().split("\0");
        const values = [];
        while (!cells.done()) {
          const kind = cells.varint();
          values.push(kind === CELL.integer ? integers.varint()
                      : kind === CELL.float ? floats.take(8).readDoubleLE()
                      : kind === CELL.string ? strings.shift() : null);
        }
        while (values.length) rows.push(values.splice(0, columns));
      }
    }
  return rows;
}

// The page's worker in a world of its own: it works in browsers only, and asks whether this is one.
function startWorker(folder) {
  const worker = {
    TextDecoder, TextEncoder, performance, crypto, setTimeout, clearTimeout,
    console: new console.Console(process.stderr),
    location: {href: "http://nowhere/"},
    WorkerGlobalScope: class {},
    XMLHttpRequest: class {
      open(_, address) { this.file = path.join(folder, path.basename(address)); }
      send() { this.response = new Uint8Array(fs.readFileSync(this.file)).buffer; }
    },
  };
  worker.self = worker;
  vm.createContext(worker);
  vm.runInContext(fs.readFileSync(path.join(folder, "engine_bundle.js"), "utf8"), worker);
  return worker;
}

async function main(folder, trace, queries) {
  const worker = startWorker(folder);
  const port = {postMessage: (reply) => port.replies.push(Buffer.from(reply))};
  worker.onmessage({data: port});
  await new Promise(setImmediate);  // what it does when it is loaded waits for this turn to end
  const Bytes = vm.runInContext("Uint8Array", worker);
  const ask = (method, argument = Buffer.alloc(0)) => {
    port.replies = [];
    const message = Buffer.concat([integerField(2, method), argument]);
    port.onmessage({data: new Bytes(bytesField(1, message))});
    return Buffer.concat(port.replies);
  };
  ask(METHOD.append, bytesField(TRACE_DATA, fs.readFileSync(trace)));
  ask(METHOD.end);
  for (const query of queries) {
    const reply = ask(METHOD.query, bytesField(QUERY_ARGUMENTS, bytesField(1, Buffer.from(query))));
    console.log(JSON.stringify(rowsOf(reply)));
  }
}

main(process.argv[2], process.argv[3], process.argv.slice(4));
