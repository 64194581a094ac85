package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// File is a file people sent, ready to be fetched for an hour at least.
type File struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	// Size in bytes, 0 if Telegram does not say.
	Size int64 `json:"file_size"`
	// Path for Download.
	Path string `json:"file_path"`
}

// ErrTooLarge means that a file is over MaxDownloadBytes.
var ErrTooLarge = errors.New("telegram: file is too large")

// GetFile asks Telegram to make a file ready. A file over MaxDownloadBytes is ErrTooLarge.
func (c *Client) GetFile(ctx context.Context, fileID string) (File, error) {
	var f File
	err := c.call(ctx, "getFile", 0, struct {
		FileID string `json:"file_id"`
	}{fileID}, &f)
	if e, ok := errors.AsType[*Error](err); ok && strings.Contains(strings.ToLower(e.Description), "file is too big") {
		e.Err = ErrTooLarge
		return File{}, e
	}
	if err != nil {
		return File{}, err
	}
	if f.Size > MaxDownloadBytes {
		return File{}, &Error{Method: "getFile", Class: Permanent, Err: ErrTooLarge}
	}
	return f, nil
}

// Download fetches the file at the path GetFile returned, and its size in bytes, -1 if the server does not say. A file
// that turns out to be longer than MaxDownloadBytes fails while it is read, with ErrTooLarge. The caller closes it.
func (c *Client) Download(ctx context.Context, path string) (io.ReadCloser, int64, error) {
	const method = "download"
	where, err := c.fileURL(path)
	if err != nil {
		return nil, 0, &Error{Method: method, Class: Permanent, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, http.NoBody)
	if err != nil {
		return nil, 0, &Error{Method: method, Class: Permanent, Err: c.sanitize(err)}
	}
	resp, err := c.http.Do(req) //nolint:bodyclose // the caller closes it, through download
	if err != nil {
		return nil, 0, &Error{Method: method, Class: Transient, Err: c.sanitize(err)}
	}
	if e := downloadFailure(method, resp); e != nil {
		drain(resp.Body)
		return nil, 0, e
	}
	return &download{body: resp.Body, left: MaxDownloadBytes, sanitize: c.sanitize}, resp.ContentLength, nil
}

// fileURL refuses paths that would leave the folder of files. A local Bot API server returns absolute paths: those are
// files of its own machine, which this client does not read.
func (c *Client) fileURL(path string) (string, error) {
	if path == "" || strings.HasPrefix(path, "/") || strings.Contains(path, "..") || strings.ContainsAny(path, "?#\\") {
		return "", errors.New("the file path is not one of a remote server")
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return c.base + "/file/bot" + c.token + "/" + strings.Join(segments, "/"), nil
}

func downloadFailure(method string, resp *http.Response) *Error {
	e := &Error{Method: method, Code: resp.StatusCode, Err: fmt.Errorf("status %d", resp.StatusCode)}
	switch {
	case resp.StatusCode == http.StatusOK && resp.ContentLength > MaxDownloadBytes:
		e.Class, e.Err = Permanent, ErrTooLarge
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusTooManyRequests:
		e.Class, e.RetryAfter = RateLimited, retryAfter(1)
	case resp.StatusCode == http.StatusUnauthorized:
		e.Class = Unauthorized
	case resp.StatusCode == http.StatusNotFound:
		e.Class = BadFile
	case resp.StatusCode >= http.StatusInternalServerError:
		e.Class = Transient
	default:
		e.Class = Permanent
	}
	return e
}

// download bounds a file, and keeps the token out of the errors of reading it.
type download struct {
	body     io.ReadCloser
	left     int64
	sanitize func(error) error
}

// Read implements io.Reader.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.left -= int64(n)
	switch {
	case d.left < 0:
		return 0, ErrTooLarge
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	}
	return n, &Error{Method: "download", Class: Transient, Err: d.sanitize(err)}
}

// Close implements io.Closer.
func (d *download) Close() error { return d.body.Close() }
