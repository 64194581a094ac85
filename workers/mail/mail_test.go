package mail_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/mail/mailtest"
)

func open(t *testing.T, s *mailtest.Server, change ...func(*mail.Config)) *mail.Client {
	t.Helper()
	c := mail.Config{URL: s.URL, From: `"Imagika, der Maler" <bot@example.com>`, Roots: s.Roots}
	for _, f := range change {
		f(&c)
	}
	client, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func letter() mail.Mail {
	return mail.Mail{ID: "01K0", To: "ann@example.org", Subject: "Код: 123456", Text: "Здравствуйте!\n\nIhr Code: 123456\n.\nÇok teşekkürler " + strings.Repeat("x", 200)}
}

// What arrives is what was sent, by STARTTLS, by TLS from the start, and from this machine without.
func TestSend(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]mailtest.Options{"starttls": {}, "tls": {Implicit: true}, "this machine": {Plain: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.New(t, o)
			want := letter()
			zip := bytes.Repeat([]byte{0, 1, 2, 255, '\n'}, 50_000)
			want.File = &mail.File{Name: "imagika.zip", Body: bytes.NewReader(zip)}
			c := open(t, s)
			if err := c.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := c.Send(t.Context(), want); err != nil {
				t.Fatal(err)
			}
			got := s.Await(1)
			if got.Subject != want.Subject || strings.ReplaceAll(got.Text, "\r\n", "\n") != want.Text || got.To != want.To || got.From != "bot@example.com" {
				t.Errorf("got %+v", got)
			}
			if !bytes.Equal(got.Files["imagika.zip"], zip) {
				t.Errorf("the file came as %d bytes, want %d", len(got.Files["imagika.zip"]), len(zip))
			}
			for header, want := range map[string]string{"Message-Id": "<01K0@example.com>", "Auto-Submitted": "auto-generated", "User-Agent": "", "To": "<ann@example.org>"} {
				if got := got.Header.Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
		})
	}
}

// A failure says whether the same mail can be sent again, and quotes nothing of it.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault     mailtest.Fault
		change    func(*mail.Config)
		permanent bool
		code      int
	}{
		"busy":             {fault: mailtest.Fault{Code: 450}, code: 450},
		"busy mailbox":     {fault: mailtest.Fault{Code: 451, Rcpt: true}, code: 451},
		"no such mailbox":  {fault: mailtest.Fault{Code: 550, Rcpt: true}, permanent: true, code: 550},
		"refused words":    {fault: mailtest.Fault{Code: 554}, permanent: true, code: 554},
		"cut":              {fault: mailtest.Fault{Cut: true}},
		"silent":           {fault: mailtest.Fault{Hang: true}, change: func(c *mail.Config) { c.Timeout = time.Second }},
		"another password": {change: func(c *mail.Config) { c.URL = strings.Replace(c.URL, "p%40ss", "guess", 1) }},
		"unknown issuer":   {change: func(c *mail.Config) { c.Roots = nil }},
		"nobody there":     {change: func(c *mail.Config) { c.URL = "smtps://127.0.0.1:1" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.New(t)
			s.Fail(tt.fault)
			change := tt.change
			if change == nil {
				change = func(*mail.Config) {}
			}
			err := open(t, s, change).Send(t.Context(), letter())
			failed, ok := errors.AsType[*mail.Error](err)
			if !ok || failed.Permanent != tt.permanent || failed.Code != tt.code {
				t.Fatalf("%#v, want permanent %v, code %d", err, tt.permanent, tt.code)
			}
			for _, secret := range []string{"ann@", "example.org", "123456", mailtest.Password, "guess"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells of %q: %v", secret, err)
				}
			}
			if tt.fault.Cut { // it was taken: who sends it again sends the same
				if err := open(t, s).Send(t.Context(), letter()); err != nil {
					t.Fatal(err)
				}
				if a, b := s.Await(1).Header.Get("Message-Id"), s.Await(2).Header.Get("Message-Id"); a != b {
					t.Errorf("two ids: %s and %s", a, b)
				}
			}
		})
	}
}

// A server that cannot be secured gets nothing, the password last of all.
func TestNothingLeavesInTheClear(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{Plain: true})
	c := open(t, s, func(c *mail.Config) { c.URL = strings.Replace(s.URL, "smtp://", "smtp://imagika:secret@", 1) })
	if err := c.Send(t.Context(), letter()); err == nil || len(s.Mails()) != 0 {
		t.Errorf("sent: %v, %d mails", err, len(s.Mails()))
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ url, from, want string }{
		{"smtp://mail.example.com", "bot@example.com", ""},
		{"smtps://u:p@mail.example.com:465", "Imagika <bot@example.com>", ""},
		{"http://mail.example.com", "bot@example.com", "smtp://"},
		{"smtp://u:hunter2@", "bot@example.com", "smtp://"},
		{"smtp://u:hunter2@host:99999", "bot@example.com", "port"},
		{"smtp://u:hunter2@host/path", "bot@example.com", "smtp://"},
		{"smtp://host", "Imagika", "sender"},
		{"smtp://host", "bot@example.com\r\nBcc: x@example.com", "sender"},
	} {
		_, err := mail.New(mail.Config{URL: tt.url, From: tt.from})
		switch {
		case err == nil && tt.want != "", err != nil && (tt.want == "" || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s, %s: %v, want %q", tt.url, tt.from, err, tt.want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"ann@example.org", " Ann.Smith+bot@mail.example.co.uk\n", "a_b-c@x-y.io", "o'neil@example.com", "x@xn--e1afmkfd.xn--p1ai"} {
		if got, err := mail.Address(good); err != nil || got != strings.TrimSpace(good) {
			t.Errorf("%q: %q, %v", good, got, err)
		}
	}
	for _, bad := range []string{
		"", "ann", "ann@", "@example.org", "ann@localhost", "ann@example", "ann@example.org, bob@example.org", "Ann <ann@example.org>", "<ann@example.org>",
		"ann@example..org", "ann@-x.org", "a nn@example.org", `"a b"@example.org`, "ann@[127.0.0.1]", "ann@127.0.0.1", "ann@exämple.org", "änn@example.org",
		"ann@example.org\r\nBcc: bob@example.org", "ann@example.org (me)", strings.Repeat("x", 65) + "@example.org", "ann@" + strings.Repeat("x", 250) + ".org",
		"ann@ex_ample.org", "a@b@example.org",
	} {
		if got, err := mail.Address(bad); !errors.Is(err, mail.ErrAddress) {
			t.Errorf("%q is %q, %v", bad, got, err)
		}
	}
}

// No words of anybody become a header or another mail.
func FuzzHeaders(f *testing.F) {
	f.Add("ann@example.org", "Subject", "Text")
	f.Add("ann@example.org\r\nBcc: x@example.org", "a\r\nBcc: x@example.org", "a\r\n.\r\nMAIL FROM:<x@example.org>")
	f.Add("ann@example.org", "é\u2028\x00", "\x00\r\r\n")
	s := mailtest.New(f, mailtest.Options{Plain: true})
	c, err := mail.New(mail.Config{URL: s.URL, From: "bot@example.com"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to, subject, text string) {
		before := len(s.Mails())
		err := c.Send(context.Background(), mail.Mail{ID: "01K0", To: to, Subject: subject, Text: text})
		all := s.Mails()[before:]
		if err != nil {
			if len(all) != 0 {
				t.Errorf("refused and sent: %v", err)
			}
			return
		}
		if len(all) != 1 {
			t.Fatalf("%d mails", len(all))
		}
		m := all[0]
		if m.To != strings.TrimSpace(to) || len(m.Header["Bcc"]) != 0 || len(m.Header["To"]) != 1 || len(m.Header) != 9 {
			t.Errorf("another mail than was meant: %v", m.Header)
		}
	})
}
