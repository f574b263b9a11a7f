// SPDX-License-Identifier: Apache-2.0

package auth

import "net/http"

// Traefik is written against a fork of this package that module proxies do not serve. These two are what it uses of it.

// CheckSecret says whether password is the one of which secret is the hash, as in a file of htpasswd.
func CheckSecret(password, secret string) bool {
	request := &http.Request{Header: http.Header{}}
	request.SetBasicAuth("user", password)
	checker := &BasicAuth{Secrets: func(string, string) string { return secret }}
	return checker.CheckAuth(request) != ""
}

// RequireAuthStale asks for another try with a new nonce: the password was right, the nonce too old (RFC 2617, 3.2.1).
func (a *DigestAuth) RequireAuthStale(w http.ResponseWriter, r *http.Request) {
	a.RequireAuth(&staleWriter{ResponseWriter: w, field: a.Headers.V().Authenticate}, r)
}

type staleWriter struct {
	http.ResponseWriter
	field string
}

func (w *staleWriter) WriteHeader(status int) {
	w.Header().Set(w.field, w.Header().Get(w.field)+", stale=true")
	w.ResponseWriter.WriteHeader(status)
}
