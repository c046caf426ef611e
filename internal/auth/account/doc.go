// Package account decides who a person is that an OpenID provider has proven, and whether it may use the
// server.
//
// [Read] takes a [Person] from the claims of an ID token, as the documents of the providers say that these are
// meant. [Rules] are what the operator allows: domains, addresses and groups. Nothing here calls the provider.
package account
