package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
)

// Body is what a request carries: small ones in memory, those with pictures in an unlinked file. A call closes it.
type Body struct {
	mediaType string
	header    http.Header
	text      []byte   // without pictures
	file      *os.File // with some
	size      int64
}

// Set adds a header to the call that the body is for, or replaces one of the client's. An empty value is left out.
func (b *Body) Set(name, value string) {
	if value == "" {
		return
	}
	if b.header == nil {
		b.header = make(http.Header)
	}
	b.header.Set(name, value)
}

// Close drops the body. A nil one can be closed, and one can be closed twice.
func (b *Body) Close() {
	if b != nil && b.file != nil {
		_ = b.file.Close()
		b.file = nil
	}
}

// into gives the body to a request in a form that nobody can rewind, so that nobody sends it twice.
func (b *Body) into(r *http.Request) error {
	if b == nil {
		return nil
	}
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(bytes.NewReader(b.text)), b.size, nil
	if b.file != nil {
		if _, err := b.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		r.Body, b.file = &leaving{bufio.NewReaderSize(b.file, 64<<10), b.file}, nil
	}
	maps.Copy(r.Header, b.header)
	r.Header.Set("Content-Type", b.mediaType)
	return nil
}

// leaving is a file on its way out. Whoever sends it closes it, which can be after the answer has begun: closed any
// earlier it takes the connection with it, and an answer that was paid for.
type leaving struct {
	io.Reader
	file *os.File
}

func (l *leaving) Close() error { return l.file.Close() }

// newBody lets write fill an unlinked file.
func (c *Client) newBody(mediaType string, write func(io.Writer) error) (*Body, error) {
	f, err := scratch(c.o.Dir)
	if err != nil {
		return nil, c.Fail(providers.Transient, providers.BilledNo, "spool: %w", err)
	}
	b := &Body{mediaType: mediaType, file: f}
	w := bufio.NewWriterSize(f, 64<<10)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		b.size, err = f.Seek(0, io.SeekCurrent)
	}
	if err != nil {
		b.Close()
		return nil, c.Fail(providers.Transient, providers.BilledNo, "write request: %w", err)
	}
	return b, nil
}

// scratch is a file that nobody else can find and that is gone with the process.
func scratch(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "wire-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// Picture is a reference inside a value given to [Client.JSON]: it becomes base64 there, read when the body is made.
type Picture struct {
	// Ref is the picture.
	Ref providers.Reference
	// DataURL puts "data:<media type>;base64," in front.
	DataURL bool

	token string
}

// MarshalJSON implements json.Marshaler with a stand-in, which JSON replaces.
func (p *Picture) MarshalJSON() ([]byte, error) {
	if p.token == "" {
		return nil, errors.New("a picture was encoded outside wire.JSON")
	}
	return json.Marshal(p.token)
}

// JSON is a body of v. Every picture inside v is to be listed, too.
func (c *Client) JSON(ctx context.Context, v any, pictures ...*Picture) (*Body, error) {
	for i, p := range pictures {
		p.token = "\x00picture " + strconv.Itoa(i) + "\x00" // a NUL is escaped wherever people's words stand
	}
	text, err := encode(v)
	if err != nil {
		return nil, c.Fail(providers.BadRequest, providers.BilledNo, "encode request: %w", err)
	}
	if len(pictures) == 0 {
		return &Body{mediaType: "application/json", text: text, size: int64(len(text))}, nil
	}
	return c.newBody("application/json", func(w io.Writer) error {
		for i, p := range pictures {
			before, after, found := bytes.Cut(text, tokenText(i))
			if !found {
				return fmt.Errorf("picture %d is not in the request", i)
			}
			if _, err := w.Write(before); err != nil {
				return err
			}
			if err := p.write(ctx, w); err != nil {
				return err
			}
			text = after
		}
		_, err := w.Write(text)
		return err
	})
}

// tokenText is how a picture's stand-in looks in JSON.
func tokenText(i int) []byte { return []byte(`\u0000picture ` + strconv.Itoa(i) + `\u0000`) }

// encode leaves <, > and & as they are: prompts are not HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

func (p *Picture) write(ctx context.Context, w io.Writer) error {
	if p.DataURL {
		if _, err := io.WriteString(w, "data:"+p.Ref.MediaType+";base64,"); err != nil {
			return err
		}
	}
	e := base64.NewEncoder(base64.StdEncoding, w)
	if err := copyRef(ctx, e, p.Ref); err != nil {
		return err
	}
	return e.Close()
}

func copyRef(ctx context.Context, w io.Writer, ref providers.Reference) error {
	r, err := ref.Open(ctx)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	defer func() { _ = r.Close() }()
	_, err = io.Copy(w, r)
	return err
}

// Form collects the fields of a multipart body.
type Form struct {
	fields []field
}

type field struct {
	name, value, file string
	ref               *providers.Reference
}

// Set adds a field; an empty value is left out.
func (f *Form) Set(name, value string) {
	if value != "" {
		f.fields = append(f.fields, field{name: name, value: value})
	}
}

// File adds a picture under a file name.
func (f *Form) File(name, file string, ref providers.Reference) {
	f.fields = append(f.fields, field{name: name, file: file, ref: &ref})
}

// SetAll adds fields in the order of their names: words as they are, whole numbers without a point, anything else as JSON.
func (f *Form) SetAll(fields map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f.Set(name, plainValue(fields[name]))
	}
}

func plainValue(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// Extension of a picture's file name, with its point; empty for what is neither PNG, JPEG nor WebP.
func Extension(ref providers.Reference) string {
	switch ref.MediaType {
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "image/webp":
		return ".webp"
	}
	return ""
}

// Form is a multipart body.
func (c *Client) Form(ctx context.Context, f Form) (*Body, error) {
	boundary := multipart.NewWriter(io.Discard).Boundary()
	return c.newBody("multipart/form-data; boundary="+boundary, func(w io.Writer) error {
		m := multipart.NewWriter(w)
		if err := m.SetBoundary(boundary); err != nil {
			return err
		}
		for _, one := range f.fields {
			if err := one.write(ctx, m); err != nil {
				return err
			}
		}
		return m.Close()
	})
}

func (f field) write(ctx context.Context, m *multipart.Writer) error {
	if f.ref == nil {
		return m.WriteField(f.name, f.value)
	}
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", `form-data; name="`+f.name+`"; filename="`+strings.ReplaceAll(f.file, `"`, "")+`"`)
	h.Set("Content-Type", f.ref.MediaType)
	w, err := m.CreatePart(h)
	if err != nil {
		return err
	}
	return copyRef(ctx, w, *f.ref)
}
