"""A stand-in for jwt-pizza-service, written for these tests: no packages, the same config, endpoints and pushes."""

from __future__ import annotations

import json
from pathlib import Path

PACKAGE = {
    "name": "stand-in",
    "version": "1.0.0",
    "scripts": {"start": "cd src && node index.js"},
    "dependencies": {},
}
LOCK = {
    "name": "stand-in",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "requires": True,
    "packages": {"": {"name": "stand-in", "version": "1.0.0"}},
}

INDEX = """
const service = require('./service.js');
const { startMetrics } = require('./metrics.js');
const port = process.argv[2] || 3000;
startMetrics();
service.listen(port, () => console.log(`Server started on port ${port}`));
"""

METRICS = """
const config = require('./config.js');
let requests = 0;
function createMetric(name, value, unit) {
  const dataPoints = [{ asInt: value, timeUnixNano: Date.now() * 1000000, attributes: [
    { key: 'source', value: { stringValue: config.metrics.source } }] }];
  return { name, unit, sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } };
}
async function push() {
  const metrics = [createMetric('http_requests', requests, '1')];
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  const headers = { Authorization: `Bearer ${config.metrics.apiKey}`, 'Content-Type': 'application/json' };
  await fetch(config.metrics.url, { method: 'POST', body, headers }).catch((error) => console.error(error.message));
}
module.exports = {
  countRequest: () => requests++,
  startMetrics: () => setInterval(push, 1000),
};
"""

SERVICE = """
const http = require('node:http');
const net = require('node:net');
const config = require('./config.js');
const { countRequest } = require('./metrics.js');

const menu = [], franchises = [], users = new Map();
let admin = false, orders = 0, people = 1;

// Like the real one: the administrator is there some time after the port is, and needs the database.
net.connect(3306, config.db.connection.host).once('data', function () {
  this.destroy();
  setTimeout(() => (admin = true), 100);
}).on('error', () => {});

const routes = {
  'GET /': () => ({ message: 'welcome to JWT Pizza', version: 'stand-in' }),
  'POST /api/auth': (body) => {
    users.set(body.email, body.password);
    const user = { id: ++people, name: body.name, email: body.email, roles: [{ role: 'diner' }] };
    return { user, token: body.email };
  },
  'PUT /api/auth': (body) => {
    const known = body.email === 'a@jwt.com' ? admin && 'admin' : users.get(body.email);
    if (!known || known !== body.password) throw { status: 404, message: 'unknown user' };
    return { user: { id: 1, email: body.email, roles: [] }, token: body.email };
  },
  'DELETE /api/auth': () => ({ message: 'logout successful' }),
  'GET /api/order/menu': () => menu,
  'PUT /api/order/menu': (body) => (menu.push({ id: menu.length + 1, ...body }), menu),
  'GET /api/franchise': () => ({ franchises, more: false }),
  'POST /api/franchise': (body) => (franchises.push({ id: 1, name: body.name, stores: [] }), { id: 1, ...body }),
  'POST /api/franchise/1/store': (body) => (franchises[0].stores.push({ id: 1, name: body.name }), { id: 1, ...body }),
  'POST /api/order': async (body, token) => {
    const order = { ...body, id: ++orders };
    const headers = { 'Content-Type': 'application/json', authorization: `Bearer ${config.factory.apiKey}` };
    const request = JSON.stringify({ diner: { id: 1, name: token, email: token }, order });
    const reply = await fetch(`${config.factory.url}/api/order`, { method: 'POST', headers, body: request });
    const { reportUrl: followLinkToEndChaos, jwt } = await reply.json();
    if (!reply.ok) throw { status: 500, message: 'Failed to fulfill order at factory', followLinkToEndChaos };
    return { order, followLinkToEndChaos, jwt };
  },
};

module.exports = http.createServer(async (request, response) => {
  countRequest();
  let text = '', status = 200, answer;
  for await (const chunk of request) text += chunk;
  const route = routes[`${request.method} ${request.url.split('?')[0]}`];
  const token = (request.headers.authorization || '').split(' ')[1];
  try {
    if (!route) throw { status: 404, message: 'unknown endpoint' };
    answer = await route(text ? JSON.parse(text) : {}, token);
  } catch (error) {
    const { status: code = 500, ...rest } = error;
    [status, answer] = [code, { message: error.message, ...rest }];
  }
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(answer));
});
"""

SECRET = "a-secret-of-the-team"
OWN_CONFIG = f"module.exports = {{ jwtSecret: '{SECRET}', factory: {{ url: 'https://pizza-factory.cs329.click' }} }};\n"


def write_standin(root: Path, *, index: str = INDEX) -> Path:
    """Write a checkout of it, with a configuration and a credentials file of its team's own."""
    files = {
        "package.json": json.dumps(PACKAGE),
        "package-lock.json": json.dumps(LOCK),
        ".gitignore": "**/node_modules\nconfig.js\n.env\n",
        ".env": f"PASSWORD={SECRET}\n",
        "src/index.js": index,
        "src/metrics.js": METRICS,
        "src/service.js": SERVICE,
        "src/config.js": OWN_CONFIG,
        "node_modules/left-over/index.js": "throw new Error('modules of the checkout are not used');\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def everything_in(root: Path) -> dict[str, bytes]:
    """Give every file below a directory with what is in it."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
