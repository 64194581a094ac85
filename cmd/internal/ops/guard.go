package ops

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
)

// closed serves h to this machine, and to others with the password.
func (s *Server) closed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case fromHere(r), s.authorized(r):
			h.ServeHTTP(w, r)
		case s.options.Password == "":
			http.Error(w, "open to this machine only; set IMAGIKA_ADMIN_PASSWORD to open it to others", http.StatusForbidden)
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="imagika"`)
			http.Error(w, "password needed", http.StatusUnauthorized)
		}
	})
}

// fromHere reports whether a request was made on this machine, by somebody who
// meant to: a page in the browser that rebinds its name to a loopback address
// brings that name as Host, and a proxy says for whom it asks.
func fromHere(r *http.Request) bool {
	if r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" {
		return false
	}
	return loopback(r.RemoteAddr) && loopback(r.Host)
}

// loopback reports whether host, or host:port, is a loopback address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// authorized compares digests, so that the time taken tells not even a length.
func (s *Server) authorized(r *http.Request) bool {
	_, given, ok := r.BasicAuth()
	if !ok || s.options.Password == "" {
		return false
	}
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.options.Password))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
