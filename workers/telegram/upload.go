package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"time"
)

// Upload is a file to be sent. It is opened when the request is written, and again if the connection turned out to be
// stale before anything left.
type Upload struct {
	// Name people see with a document, like "imagika-1.png".
	Name string
	// MediaType like "image/png"; empty: application/octet-stream.
	MediaType string
	// Size in bytes. The reader must yield exactly that many.
	Size int64
	// Open returns the bytes from their start.
	Open func() (io.ReadCloser, error)
}

// Media is a file to be sent: one Telegram already has, or an upload.
type Media struct {
	// FileID of an earlier send by this bot; no bytes travel.
	FileID string
	// Upload is used when FileID is empty.
	Upload *Upload
}

func (m Media) check() error {
	if m.FileID != "" {
		return nil
	}
	if m.Upload == nil || m.Upload.Open == nil || m.Upload.Size <= 0 {
		return errors.New("media has neither a file id nor an upload with a size")
	}
	return nil
}

// field is one parameter of a multipart form. Files come after them.
type field struct{ name, value string }

type part struct {
	name   string
	upload *Upload
}

// form is a multipart body whose length is known before it is read.
type form struct {
	fields []field
	parts  []part
}

// minUploadRate bounds an upload's time: slower than that is a broken connection.
const minUploadRate = 64 << 10

// send posts the form.
func (c *Client) send(ctx context.Context, method string, chat int64, f form, out any) error {
	timeout := 2*callTimeout + time.Duration(f.size()/minUploadRate)*time.Second
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return c.run(ctx, method, chat, out, func(t *trip) reply { return c.postForm(t, method, f) })
}

func (c *Client) postForm(t *trip, method string, f form) reply {
	req, err := f.request(t.ctx, c.base+"/bot"+c.token+"/"+method)
	if err != nil {
		return reply{err: err}
	}
	resp, err := t.RoundTrip(req)
	if err != nil {
		return reply{written: t.written.Load(), err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{status: t.status, body: body, written: t.written.Load(), err: err}
}

func (f form) size() (n int64) {
	for _, p := range f.parts {
		n += p.upload.Size
	}
	return n
}

// request builds the request: headers of all parts in memory, file contents as they are read.
func (f form) request(ctx context.Context, url string) (*http.Request, error) {
	chunks, contentType, err := f.headers()
	if err != nil {
		return nil, err
	}
	length := f.size()
	for _, c := range chunks {
		length += int64(len(c))
	}
	body := func() (io.ReadCloser, error) { return &formBody{parts: f.parts, chunks: chunks}, nil }
	first, _ := body()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, first)
	if err != nil {
		return nil, err
	}
	req.GetBody = body
	req.ContentLength = length
	req.Header.Set("Content-Type", contentType)
	return req, nil
}

// headers returns what stands before, between and after the files: one chunk more than there are files.
func (f form) headers() (chunks [][]byte, contentType string, err error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, p := range f.fields {
		if err := w.WriteField(p.name, p.value); err != nil {
			return nil, "", err
		}
	}
	for _, p := range f.parts {
		if _, err := w.CreatePart(p.header()); err != nil {
			return nil, "", err
		}
		chunks = append(chunks, slices.Clone(buf.Bytes()))
		buf.Reset()
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return append(chunks, buf.Bytes()), w.FormDataContentType(), nil
}

func (p part) header() textproto.MIMEHeader {
	mediaType, name := p.upload.MediaType, p.upload.Name
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	if name == "" {
		name = "file"
	}
	return textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(p.name, name)},
		"Content-Type":        {mediaType},
	}
}

// formBody reads the chunks and the files in turn, opening each file when its turn comes.
type formBody struct {
	parts  []part
	chunks [][]byte
	at     int           // the chunk being read, or the one before the open file
	off    int           // read of that chunk
	file   io.ReadCloser // open between chunks[at] and chunks[at+1]
	left   int64         // of the open file
}

// Read implements io.Reader. A panic of an upload's reader is an error of the body: net/http reads in a goroutine of
// its own, where a panic ends the program.
func (b *formBody) Read(p []byte) (n int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			n, err = 0, fmt.Errorf("panic: %v", cause)
		}
	}()
	for len(p) > 0 {
		n, err = b.read(p)
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

// read makes one step; it may yield nothing.
func (b *formBody) read(p []byte) (int, error) {
	switch {
	case b.file != nil:
		return b.readFile(p)
	case b.at == len(b.chunks):
		return 0, io.EOF
	case b.off < len(b.chunks[b.at]):
		n := copy(p, b.chunks[b.at][b.off:])
		b.off += n
		return n, nil
	}
	return 0, b.next()
}

// next opens the file after the chunk that ended, or ends the body after the last chunk.
func (b *formBody) next() error {
	if b.at == len(b.parts) {
		b.at++
		return nil
	}
	u := b.parts[b.at].upload
	file, err := u.Open()
	if err != nil {
		return fmt.Errorf("open upload: %w", err)
	}
	b.file, b.left = file, u.Size
	return nil
}

// readFile reads on in the open file, and closes it once its announced size was read. A file that is longer is cut
// nowhere but refused: a picture without its end must not be sent.
func (b *formBody) readFile(p []byte) (int, error) {
	n, err := b.file.Read(p)
	b.left -= int64(n)
	switch {
	case b.left < 0:
		return 0, errors.New("upload is longer than its size")
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return n, fmt.Errorf("read upload: %w", err)
	case b.left > 0:
		return n, errors.New("upload is shorter than its size")
	}
	err = b.file.Close()
	b.file, b.off = nil, 0
	b.at++
	return n, err
}

// Close implements io.Closer.
func (b *formBody) Close() error {
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}
