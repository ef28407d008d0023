// Makes an administrator of somebody who has registered, through the service's own MySQL client.
'use strict';

const mysql = require('mysql2/promise');

async function promote(email) {
  const { DB_HOST: host, DB_USER: user, DB_PASSWORD: password, DB_NAME: database } = process.env;
  const connection = await mysql.createConnection({ host, user, password, database });
  const whose = 'WHERE userId IN (SELECT id FROM user WHERE email = ?)';
  const [{ affectedRows }] = await connection.query(`UPDATE userRole SET role = 'admin' ${whose}`, [email]);
  await connection.end();
  console.log(affectedRows ? 'made an administrator in the database' : 'found no such user in the database');
}

promote(process.argv[2]).catch((error) => console.log(`could not: ${error.message}`));
