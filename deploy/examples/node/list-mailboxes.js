// Lists an account's mailboxes with an API key that has the scope mail:read.
//
//   npm install
//   node list-mailboxes.js localhost:9090 mwk_... ../../../proto/src/main/protobuf
'use strict';

const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const [target, key, protos] = process.argv.slice(2);

const definition = protoLoader.loadSync('mailwing/store/v1/mailboxes.proto', {
  includeDirs: [protos],
  longs: String,
  defaults: true,
});
const { mailwing } = grpc.loadPackageDefinition(definition);

// Between machines: grpc.credentials.createSsl(ca, clientKey, clientCertificate).
const client = new mailwing.store.v1.Mailboxes(target, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set('authorization', `Bearer ${key}`);

const mailboxes = client.listMailboxes({ withStatus: true }, metadata, {
  deadline: Date.now() + 10000,
});
mailboxes.on('data', (mailbox) => console.log(`${mailbox.name} ${mailbox.status.messages}`));
mailboxes.on('error', (error) => {
  // The trailer names the reason; the status text is for people.
  console.error(`refused: ${error.metadata.get('mailwing-error')[0]}`);
  process.exitCode = 1;
});
mailboxes.on('end', () => client.close());
