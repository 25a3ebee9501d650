// Runs inside the install sandbox, which has no network but loopback: offers the mounted proxy socket as a loopback
// port, runs the installer with that port as its proxy, and ends with it. Plain JavaScript and no imports of ours,
// because only this one file is mounted.
//
//   node registry-forwarder.js <proxy socket> <command> [argument …]
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

const [socketPath, command, ...rest] = process.argv.slice(2);
if (socketPath === undefined || command === undefined) {
  process.stderr.write('usage: registry-forwarder.js <proxy socket> <command> [argument …]\n');
  process.exit(2);
}

const server = createServer((client) => {
  const upstream = connect(socketPath);
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
  client.pipe(upstream).pipe(client);
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const proxy = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const child = spawn(command, rest, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      HTTP_PROXY: proxy,
      HTTPS_PROXY: proxy,
      http_proxy: proxy,
      https_proxy: proxy,
      npm_config_proxy: proxy,
      npm_config_https_proxy: proxy,
      PIP_PROXY: proxy,
    },
  });
  child.on('error', (error) => {
    process.stderr.write(`${command}: ${error.message}\n`);
    process.exit(127);
  });
  child.on('exit', (code, signal) => {
    if (signal !== null) process.stderr.write(`${command} was ended by ${signal}\n`);
    process.exit(code ?? 1);
  });
});
