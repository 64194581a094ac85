package site

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// securityTerm is how long security.txt may be believed (RFC 9116 wants less than a year); it is written anew each day.
const securityTerm = 180 * 24 * time.Hour

var mailAddress = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

// contactURI makes the address of a contact: a mail address, a name at Telegram, or an address of the web. Words lead nowhere.
func contactURI(contact string) string {
	name, atTelegram := strings.CutPrefix(contact, "@")
	u, err := url.Parse(contact)
	switch {
	case atTelegram && username.MatchString(name):
		return "https://t.me/" + name
	case mailAddress.MatchString(contact):
		return "mailto:" + contact
	case err == nil && u.Scheme == "https" && u.Host != "", err == nil && u.Scheme == "mailto" && mailAddress.MatchString(u.Opaque):
		return contact
	}
	return ""
}

// security tells who finds a hole how to say so: RFC 9116.
func (s *site) security(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", cacheFile)
	var b strings.Builder
	fmt.Fprintf(&b, "Contact: %s\n", contactURI(s.options.Security))
	fmt.Fprintf(&b, "Expires: %s\n", time.Now().UTC().Truncate(24*time.Hour).Add(securityTerm).Format(time.RFC3339))
	fmt.Fprint(&b, "Preferred-Languages: en\n")
	if base := s.options.PublicURL; base != "" {
		fmt.Fprintf(&b, "Canonical: %s%s\nPolicy: %s%s\n", base, securityPath, base, securityPage)
	}
	_, _ = fmt.Fprint(w, b.String()) // the reader may have gone
}

// Where it stands, and where people read it.
const (
	securityPath = "/.well-known/security.txt"
	securityPage = "/security"
)
