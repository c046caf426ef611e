// Web Push as others have written it.
//
//   node push.cjs serve PORT   the browsers and the push service of web-push-testing, until it is killed
//   node push.cjs decrypt      a line {"private", "auth", "body"} in base64url is answered with the text, by http_ece
'use strict';

const { createECDH } = require('node:crypto');
const readline = require('node:readline');

const decode = (text) => Buffer.from(text, 'base64url');

if (process.argv[2] === 'serve') {
  const { PushApiModel } = require('web-push-testing/src/PushApiModel');
  const Server = require('web-push-testing/src/server');
  new Server(new PushApiModel(), Number(process.argv[3])).startServer();
} else {
  const ece = require('http_ece');
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const given = JSON.parse(line);
    const privateKey = createECDH('prime256v1');
    privateKey.setPrivateKey(decode(given.private));
    const text = ece.decrypt(decode(given.body), { version: 'aes128gcm', privateKey, authSecret: decode(given.auth) });
    process.stdout.write(JSON.stringify(text.toString('utf8')) + '\n');
  });
}
