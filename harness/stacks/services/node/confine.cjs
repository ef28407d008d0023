// Loaded into Node before the service: it listens on loopback only, and never reaches beyond this machine, whatever
// address its code has in it. In a container it listens everywhere inside, and reaches the run's edge, and nobody else.
// A refused connection fails as if nobody were there, and is said once on standard error.
//
// It sees each request come from the client's own address, as behind a balancer that keeps those: one that limits what an
// address may ask would else count all diners, and every health check, as one.
'use strict';

const http = require('node:http');
const net = require('node:net');

const HOME = '127.0.0.1';
const LISTEN = process.env.PIZZA_CHAOS_LISTEN || HOME;
const EDGE = process.env.PIZZA_CHAOS_EDGE;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/i;

const refused = new Set();
const { connect } = net.Socket.prototype;
const { listen } = net.Server.prototype;

net.Socket.prototype.connect = function (...given) {
  // Node's own callers pass what they have already put in order, as an array.
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  const host = first !== null && typeof first === 'object' ? first.host : typeof second === 'string' ? second : HOME;
  if (host === undefined || host === null || host === EDGE || LOOPBACK.test(host)) return connect.apply(this, given);
  if (!refused.has(host)) console.error(`pizza-chaos: the service may not leave this machine; refused ${host}`);
  refused.add(host);
  const error = Object.assign(new Error(`connect ECONNREFUSED ${host}`), { code: 'ECONNREFUSED' });
  process.nextTick(() => this.destroy(error));
  return this;
};

// For a service that takes no port: its first server listens where it is told to, whatever its code says.
let port = process.env.PIZZA_CHAOS_PORT;

net.Server.prototype.listen = function (...given) {
  const names = given[0] !== null && typeof given[0] === 'object' && 'port' in given[0];
  if (port && (names || given[0] === undefined || /^\d+$/.test(String(given[0])))) {
    given[0] = names ? { ...given[0], port: Number(port) } : Number(port);
    port = undefined;
  }
  const [first, second] = given;
  if (first !== null && typeof first === 'object' && 'port' in first) given[0] = { ...first, host: LISTEN };
  else if (/^\d+$/.test(String(first))) given.splice(1, typeof second === 'string' ? 1 : 0, LISTEN);
  return listen.apply(this, given);
};

let unnamed = 0;
const { emit } = http.Server.prototype;

http.Server.prototype.emit = function (event, ...given) {
  if (event === 'request') {
    const [{ headers, socket }] = given;
    const value = headers['x-forwarded-for']?.split(',').pop().trim() || `127.2.${(unnamed >> 8) & 255}.${unnamed++ & 255}`;
    Object.defineProperty(socket, 'remoteAddress', { value, configurable: true });
  }
  return emit.call(this, event, ...given);
};
