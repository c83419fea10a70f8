// SHA-256 and SHA-512 (FIPS 180-4). Browsers hide WebCrypto on plain http, where a receipt is to be checked all the same.

const primes = [];
for (let n = 2; primes.length < 80; n++) if (primes.every((p) => n % p)) primes.push(n);

/** The first 64 bits after the point of a root of each prime, as the standard makes its constants. */
function constants(count, degree) {
  return primes.slice(0, count).map((prime) => BigInt.asUintN(64, root(BigInt(prime) << (64n * degree), degree)));
}

/** The whole root, by Newton. */
function root(value, degree) {
  let guess = 1n << (BigInt(value.toString(2).length) / degree + 1n);
  for (;;) {
    const next = ((degree - 1n) * guess + value / guess ** (degree - 1n)) / degree;
    if (next >= guess) return guess;
    guess = next;
  }
}

const K64 = constants(80, 3n);
const H64 = constants(8, 2n);
const high = (value) => Number(value >> 32n) | 0;
const K32 = Int32Array.from(K64.slice(0, 64), high);
const H32 = Int32Array.from(H64, high);

/** The message with its end mark and its length in bits, in whole blocks. */
function padded(message, block) {
  const room = block / 8;
  const out = new Uint8Array(Math.ceil((message.length + 1 + room) / block) * block);
  out.set(message);
  out[message.length] = 0x80;
  new DataView(out.buffer).setBigUint64(out.length - 8, BigInt(message.length) * 8n);
  return new DataView(out.buffer);
}

const turned32 = (x, n) => (x >>> n) | (x << (32 - n));

export function sha256(message) {
  const view = padded(message, 64);
  const state = H32.slice();
  const w = new Int32Array(64);
  for (let at = 0; at < view.byteLength; at += 64) {
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + 4 * t);
    for (let t = 16; t < 64; t++) {
      const s0 = turned32(w[t - 15], 7) ^ turned32(w[t - 15], 18) ^ (w[t - 15] >>> 3);
      const s1 = turned32(w[t - 2], 17) ^ turned32(w[t - 2], 19) ^ (w[t - 2] >>> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 64; t++) {
      const s1 = turned32(e, 6) ^ turned32(e, 11) ^ turned32(e, 25);
      const s0 = turned32(a, 2) ^ turned32(a, 13) ^ turned32(a, 22);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K32[t] + w[t]) | 0;
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, n) => (state[n] += value));
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((value, n) => out.setInt32(4 * n, value));
  return new Uint8Array(out.buffer);
}

const whole = (x) => BigInt.asUintN(64, x);
const turned64 = (x, n) => whole((x >> n) | (x << (64n - n)));

export function sha512(message) {
  const view = padded(message, 128);
  const state = H64.slice();
  const w = [];
  for (let at = 0; at < view.byteLength; at += 128) {
    for (let t = 0; t < 16; t++) w[t] = view.getBigUint64(at + 8 * t);
    for (let t = 16; t < 80; t++) {
      const s0 = turned64(w[t - 15], 1n) ^ turned64(w[t - 15], 8n) ^ (w[t - 15] >> 7n);
      const s1 = turned64(w[t - 2], 19n) ^ turned64(w[t - 2], 61n) ^ (w[t - 2] >> 6n);
      w[t] = whole(w[t - 16] + s0 + w[t - 7] + s1);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 80; t++) {
      const s1 = turned64(e, 14n) ^ turned64(e, 18n) ^ turned64(e, 41n);
      const s0 = turned64(a, 28n) ^ turned64(a, 34n) ^ turned64(a, 39n);
      const t1 = h + s1 + ((e & f) ^ (whole(~e) & g)) + K64[t] + w[t];
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, whole(d + t1), c, b, a, whole(t1 + t2)];
    }
    [a, b, c, d, e, f, g, h].forEach((value, n) => (state[n] = whole(state[n] + value)));
  }
  const out = new DataView(new ArrayBuffer(64));
  state.forEach((value, n) => out.setBigUint64(8 * n, value));
  return new Uint8Array(out.buffer);
}
