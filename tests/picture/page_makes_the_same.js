// node page_makes_the_same.js DIGIT_PICTURE.JS <PICTURES: see made_digits.cpp.
'use strict';

const fs = require('fs');
const vm = require('vm');

vm.runInThisContext(fs.readFileSync(process.argv[2], 'utf8'));  // as a page's script, not a module

const bytes = fs.readFileSync(0);
let pictures = 0;
let inked = 0;
let different = 0;
for (let place = 0; place < bytes.length; ++pictures) {
  const width = bytes.readInt32LE(place);
  const height = bytes.readInt32LE(place + 4);
  const start = place + 8;
  const end = start + width * height;
  const expected = bytes.subarray(end, end + 784);
  const made = digitPicture(new Uint8Array(bytes.subarray(start, end)), width, height);
  if (!expected.equals(Buffer.from(made))) {
    ++different;
    console.log(`picture ${pictures}, of ${width} x ${height}, differs`);
  }
  if (expected.some((value) => value > 0)) ++inked;
  place = end + 784;
}
console.log(`${pictures} pictures, ${inked} with ink, ${different} that differ`);
process.exit(different === 0 && inked >= 500 ? 0 : 1);
