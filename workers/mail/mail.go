// Package mail sends e-mail through an SMTP server: plain words to one address, with a file or without.
//
// Three things are certain. Nothing leaves without TLS, except to a server on this machine. Nothing that somebody typed ends a
// line of a header: an address that could is refused, everything else is encoded. And nothing in a mail tells the sender
// whether it was read.
//
// A mail carries the id that its caller gives it as its Message-ID. When the answer of a server is lost, the same mail may be
// sent again: programs that show mail know it by that id.
package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// sendTime is how long a server may take for one mail.
const sendTime = time.Minute

// Config says which server, and who writes.
type Config struct {
	// URL is smtp://host:587, which has to offer STARTTLS unless the host is this machine, or smtps://host:465. User and
	// password stand before the host.
	URL string
	// From is the address that mails come from, with a name or without: "Imagika <bot@example.com>".
	From string
	// Roots are the authorities that are trusted; nil is the system's.
	Roots *x509.CertPool
	// Timeout for one mail; zero is a minute.
	Timeout time.Duration
}

// Mail is what is sent.
type Mail struct {
	ID      string // unique; it becomes a part of the Message-ID
	To      string
	Subject string
	Text    string
	File    *File // nil for none
}

// File goes along with a mail.
type File struct {
	Name string
	Body io.Reader
}

// Error is every failure to send.
type Error struct {
	// Permanent: the same mail will be refused again.
	Permanent bool
	// Code of the server, or zero where it did not answer with one.
	Code int
	// Err is for operators: it holds neither address nor words.
	Err error
}

func (e *Error) Error() string { return "mail: " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Client sends through one server. It keeps no connection and is safe for concurrent use.
type Client struct {
	host    string
	from    *mail.Address
	domain  string
	options []gomail.Option
}

// New returns a client, or an error that says what is wrong with the settings and quotes no password.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("the server is not smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("the sender is not an address like %q", "Imagika <bot@example.com>")
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	port, err := port(u)
	if err != nil {
		return nil, err
	}
	options := []gomail.Option{
		gomail.WithPort(port), gomail.WithTimeout(cmp.Or(c.Timeout, sendTime)), gomail.WithHELO(domain), gomail.WithoutRset(),
		gomail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), RootCAs: c.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch {
	case u.Scheme == "smtps":
		options = append(options, gomail.WithSSL())
	case loopback(u.Hostname()) && u.User == nil:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return &Client{u.Hostname(), from, domain, options}, nil
}

// port is that of the address, or the usual one.
func port(u *url.URL) (int, error) {
	usual := "587"
	if u.Scheme == "smtps" {
		usual = "465"
	}
	n, err := strconv.Atoi(cmp.Or(u.Port(), usual))
	if err != nil || n < 1 || n > 65535 {
		return 0, errors.New("the port of the server is none")
	}
	return n, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send sends a mail once. Every error is an *Error.
func (c *Client) Send(ctx context.Context, m Mail) error {
	msg, err := c.message(m)
	if err != nil {
		return &Error{Permanent: true, Err: err}
	}
	return c.with(ctx, func(client *gomail.Client, conn *smtp.Client) error { return client.SendWithSMTPClient(conn, msg) })
}

// Check says whether the server would take mails: it connects, secures the connection and signs in.
func (c *Client) Check(ctx context.Context) error {
	return c.with(ctx, func(*gomail.Client, *smtp.Client) error { return nil })
}

func (c *Client) with(ctx context.Context, f func(*gomail.Client, *smtp.Client) error) error {
	client, err := gomail.NewClient(c.host, c.options...)
	if err != nil {
		return &Error{Permanent: true, Err: err}
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return &Error{Code: code(err), Err: fmt.Errorf("connect: %w", err)} // whatever it is, it is not the mail's fault
	}
	defer func() { _ = client.CloseWithSMTPClient(conn) }() // what was taken stays taken
	return classify(f(client, conn))
}

// message puts a mail together.
func (c *Client) message(m Mail) (*gomail.Msg, error) {
	to, err := Address(m.To)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(m.ID+m.Subject, unicode.IsControl) {
		return nil, errors.New("a header of more than one line")
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(c.from)
	msg.ToMailAddress(&mail.Address{Address: to})
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageIDWithValue(m.ID + "@" + c.domain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's absence note answers it
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.File != nil {
		if err := msg.AttachReader(m.File.Name, m.File.Body); err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
	}
	return msg, nil
}

// classify says whose fault a failure is. What a server answers may quote the address: only its code is passed on.
func classify(err error) error {
	if err == nil {
		return nil
	}
	n := code(err)
	if n == 0 {
		return &Error{Err: errors.New("no answer to it")}
	}
	return &Error{Permanent: n >= 500, Code: n, Err: fmt.Errorf("the server answered %d", n)}
}

// code is what a server answered, zero for nothing.
func code(err error) int {
	if failed, ok := errors.AsType[*gomail.SendError](err); ok {
		return failed.ErrorCode()
	}
	return 0
}

// The longest address, and the longest part of it before the @, that there can be.
const (
	longestAddress = 254
	longestLocal   = 64
)

// ErrAddress says that something is no address that can be written to.
var ErrAddress = errors.New("not an e-mail address")

// Address returns the address that somebody typed, without spaces around it, or ErrAddress.
func Address(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	parsed, err := mail.ParseAddress(typed)
	if err != nil || parsed.Name != "" || parsed.Address != typed || len(typed) > longestAddress {
		return "", ErrAddress
	}
	local, domain, _ := strings.Cut(typed, "@")
	labels := strings.Split(domain, ".")
	switch {
	case len(local) > longestLocal, strings.ContainsFunc(typed, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"()<>[]\,;:`, r) }):
		return "", ErrAddress
	case len(labels) < 2 || strings.Contains(domain, "@"):
		return "", ErrAddress
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") || strings.Trim(strings.ToLower(l), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "", ErrAddress
		}
	}
	if top := labels[len(labels)-1]; strings.Trim(top, "0123456789") == "" {
		return "", ErrAddress // the number of a machine
	}
	return typed, nil
}
