// Package testkit is the storey of internal for tests: real parts such as DynamoDB Local and an
// emulated Lambda, tests of whole rooms and of the source tree, and a search for secrets.
//
// The program never imports a package of testkit.
//
// Read first: archtest, which says what the source must look like.
package testkit
