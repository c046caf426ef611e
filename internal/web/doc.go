// Package web is the storey of internal with what people see of the server in a browser: one HTML
// document, and the scripts and styles that it loads.
//
// The document is the same for every address but for the way to the root of the server, which is relative: a proxy may
// serve all of it below a path of its own. That of a room shows where its parts will be. It loads two scripts and one
// style, which arrive in one round trip after it: the small script makes the first calls, so that these are answered
// while the other one arrives. A third script follows when the first view stands. Their path has the version of all
// assets, and what is at it never changes.
//
// The program contains what is served, the assets compressed, so that no request costs work. It is in
// the folder served. `go test ./internal/web -update` makes it of page.html and the folder assets:
// the modules are bundled and checked then, and a test fails for what does not fit.
//
// A second document stands by itself: the view of a room for clients that show one, made of the folder view.
//
// Package web never knows rooms: the scripts call the tools of the server at /mcp, as every other client does.
//
// Read first: page.go, then assets/begin.js and assets/main.js.
package web
