// Package account decides who a person is that an OpenID provider has proven, and whether the person may use the
// server.
//
// [Read] reads a [Person] from the claims of an ID token, with the meaning that the documents of the providers give the
// claims. [Rules] are what the operator allows: domains, addresses and groups. Nothing here calls the provider.
package account
