// Package store is the storey of internal that keeps bytes: table items and shared files. Package table and package
// files are contracts. The packages below table and files are drivers: SQLite, DynamoDB and S3.
//
// The packages of store never know what happens in a room.
//
// Read first: table, with its three methods. The tests in table/tabletest say what each driver must
// do.
package store
