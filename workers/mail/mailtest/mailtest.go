// Package mailtest is an SMTP server on loopback, for tests: it wants TLS and a password, keeps what it takes, and fails as it
// is told.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Who may send.
const (
	User     = "imagika"
	Password = "p@ss/word"
)

// Fault is what goes wrong with one mail. The zero value is nothing.
type Fault struct {
	// Code answers the mail, as 450 or 550; Rcpt does so at the address already.
	Code int
	Rcpt bool
	// Cut closes the connection after the mail was taken, before the answer.
	Cut bool
	// Hang never answers.
	Hang bool
}

// Mail is one that was taken.
type Mail struct {
	From, To string
	Raw      string // as it came
	Header   mail.Header
	Subject  string
	Text     string
	Files    map[string][]byte
}

// Options say what kind of server it is.
type Options struct {
	Plain    bool // neither TLS nor a password
	Implicit bool // TLS from the first byte
}

// Server is a server of mail.
type Server struct {
	// URL is for the sender, password included. Roots make its certificate trusted.
	URL   string
	Roots *x509.CertPool

	tb     testing.TB
	mu     sync.Mutex
	faults []Fault
	mails  []Mail
	change chan struct{}
	ended  chan struct{}
}

// New starts a server that wants STARTTLS and a password, and stops with the test.
func New(tb testing.TB, options ...Options) *Server {
	tb.Helper()
	var o Options
	for _, one := range options {
		o = one
	}
	s := &Server{tb: tb, Roots: x509.NewCertPool(), change: make(chan struct{}), ended: make(chan struct{})}
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{s: s, conn: c, open: o.Plain}, nil }))
	srv.Domain, srv.ErrorLog = "localhost", quiet{}
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	scheme := "smtp://"
	if !o.Plain {
		srv.TLSConfig = s.certificate()
	}
	if o.Implicit {
		l, scheme = tls.NewListener(l, srv.TLSConfig), "smtps://"
	}
	s.URL = scheme + "imagika:p%40ss%2Fword@" + l.Addr().String()
	if o.Plain {
		s.URL = scheme + l.Addr().String()
	}
	go func() { _ = srv.Serve(l) }()
	tb.Cleanup(func() {
		close(s.ended)
		_ = srv.Close()
	})
	return s
}

// quiet keeps broken connections out of the output: they are broken on purpose.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (s *Server) certificate() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.Roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// Fail appends to the script: one fault for each of the next mails.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Mails are those that were taken, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Await returns the n-th mail, from 1, once it is there.
func (s *Server) Await(n int) Mail {
	s.tb.Helper()
	late := time.After(time.Minute)
	for {
		s.mu.Lock()
		all, change := s.mails, s.change
		s.mu.Unlock()
		if len(all) >= n {
			return all[n-1]
		}
		select {
		case <-change:
		case <-late:
			s.tb.Fatalf("mail %d did not come within a minute", n)
		}
	}
}

// next takes a fault off the script, of those that strike where it is.
func (s *Server) next(rcpt bool) (f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) > 0 && s.faults[0].Rcpt == rcpt {
		f, s.faults = s.faults[0], s.faults[1:]
	}
	return f
}

func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	close(s.change)
	s.change = make(chan struct{})
}

// session is a client that is connected.
type session struct {
	s        *Server
	conn     *smtp.Conn
	open     bool // signed in, or nobody has to
	from, to string
}

func (c *session) Reset()        {}
func (c *session) Logout() error { return nil }

func (c *session) AuthMechanisms() []string {
	if _, secure := c.conn.TLSConnectionState(); !secure {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		c.open = true
		return nil
	}), nil
}

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if !c.open {
		return smtp.ErrAuthRequired
	}
	c.from = from
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	if f := c.s.next(true); f.Code != 0 {
		return refusal(f.Code)
	}
	return nil
}

func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	f := c.s.next(false)
	switch {
	case f.Hang:
		<-c.s.ended
		return refusal(421)
	case f.Code != 0:
		return refusal(f.Code)
	}
	m := Mail{From: c.from, To: c.to, Raw: string(raw)}
	if err := m.read(); err != nil {
		c.s.tb.Errorf("a mail that cannot be read: %v", err)
	}
	c.s.keep(m)
	if f.Cut {
		_ = c.conn.Conn().Close()
	}
	return nil
}

func refusal(code int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "no such mailbox <ann@example.org>"}
}

// read takes a mail apart.
func (m *Mail) read() error {
	msg, err := mail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		return err
	}
	m.Header = msg.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return err
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		text, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
		m.Text = string(text)
		return err
	}
	m.Files = map[string][]byte{}
	for parts := multipart.NewReader(msg.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.part(part); err != nil {
			return err
		}
	}
}

// part is the words, or a file.
func (m *Mail) part(p *multipart.Part) error {
	if name := p.FileName(); name != "" {
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		m.Files[name] = body
		return err
	}
	text, err := io.ReadAll(quotedprintable.NewReader(p))
	m.Text = string(text)
	return err
}
