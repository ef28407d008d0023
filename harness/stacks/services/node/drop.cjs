// Drops the run's own database at a server that outlives the run, through the service's own MySQL client.
'use strict';

const mysql = require('mysql2/promise');

async function drop() {
  const { DB_HOST: host, DB_USER: user, DB_PASSWORD: password, DB_NAME: database } = process.env;
  const connection = await mysql.createConnection({ host, user, password });
  await connection.query(`DROP DATABASE IF EXISTS ${connection.escapeId(database)}`);
  await connection.end();
}

drop().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
