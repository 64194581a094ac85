package wire

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/imagika/imagika/providers"
)

// Post makes a paid call, once. The path is below Base; a path that is a whole address is taken if it is the
// provider's. An error is *providers.Error, with the class that the moment of the failure implies: a caller that gave
// up after the request was written leaves an unknown outcome behind like a lost connection does. Any answer with a
// status is a Reply; see [Reply.Refusal].
func (c *Client) Post(ctx context.Context, path string, body *Body) (*Reply, error) {
	return c.send(ctx, http.MethodPost, path, body, true)
}

// Ask makes a call that costs nothing and can be repeated: polls, cancels, probes. The body may be nil.
func (c *Client) Ask(ctx context.Context, method, path string, body *Body) (*Reply, error) {
	return c.send(ctx, method, path, body, false)
}

func (c *Client) send(ctx context.Context, method, path string, body *Body, paid bool) (*Reply, error) {
	defer body.Close()
	u, err := c.address(path)
	if err != nil {
		return nil, c.Fail(providers.BadRequest, providers.BilledNo, "%w", err)
	}
	out := &outgoing{}
	req, err := http.NewRequestWithContext(out.trace(ctx), method, u.String(), nil)
	if err != nil {
		return nil, c.Fail(providers.BadRequest, providers.BilledNo, "request: %w", pathless(err))
	}
	maps.Copy(req.Header, c.o.Header)
	if err := body.into(req); err != nil {
		return nil, c.Fail(providers.Transient, providers.BilledNo, "request: %w", err)
	}
	out.watch(req)
	res, err := c.api.Do(req) //nolint:bodyclose // The reply closes it.
	if err != nil {
		return nil, c.lost(err, paid && out.written(ctx))
	}
	return &Reply{Status: res.StatusCode, Header: res.Header, client: c, body: res.Body, paid: paid, received: time.Now()}, nil
}

// outgoing tells whether a request had left when no answer came.
type outgoing struct {
	told, whole atomic.Bool // net/http said how writing ended, and that it ended well
	read        atomic.Bool // the body was read to its end, which is before net/http says so
}

func (o *outgoing) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) {
		o.whole.Store(info.Err == nil)
		o.told.Store(true)
	}})
}

func (o *outgoing) watch(r *http.Request) {
	if r.Body == nil {
		o.read.Store(true)
		return
	}
	r.Body = &watched{ReadCloser: r.Body, left: r.ContentLength, read: &o.read}
}

// written errs on the side of having left: a caller that gives up at the moment of the last byte may be told of it before
// net/http has said how writing ended.
func (o *outgoing) written(ctx context.Context) bool {
	return o.whole.Load() || (ctx.Err() != nil && !o.told.Load() && o.read.Load())
}

// watched is a body that says when it was read to its end.
type watched struct {
	io.ReadCloser
	left int64
	read *atomic.Bool
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if w.left -= int64(n); w.left <= 0 {
		w.read.Store(true)
	}
	return n, err
}

// address of a path below Base, or a whole one.
func (c *Client) address(path string) (*url.URL, error) {
	if strings.Contains(path, "://") {
		return c.ownURL(path)
	}
	return c.ownURL(strings.TrimRight(c.base.String(), "/") + "/" + strings.TrimLeft(path, "/"))
}

// lost is a call that nobody answered.
func (c *Client) lost(err error, written bool) *providers.Error {
	if written {
		return c.Fail(providers.UnknownCall, providers.BilledMaybe, "no answer: %w", pathless(err))
	}
	return c.Fail(providers.Transient, providers.BilledNo, "not sent: %w", pathless(err))
}

// pathless drops the address from an error: it may hold a key or a person's words.
func pathless(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// Download opens a result. It costs nothing and can be repeated; no header of the provider goes with it. The reader
// ends with an error beyond the size that is allowed.
func (c *Client) Download(ctx context.Context, address string) (body io.ReadCloser, mediaType string, err error) {
	u, err := c.base.Parse(address)
	if err == nil {
		err = c.resultURL(u)
	}
	if err != nil {
		return nil, "", c.Fail(providers.NoOutput, providers.BilledYes, "result: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", c.Fail(providers.NoOutput, providers.BilledYes, "result: %w", pathless(err))
	}
	if u.Host == c.base.Host && u.Scheme == c.base.Scheme && len(c.o.Results) == 0 {
		maps.Copy(req.Header, c.o.Header) // a server of one's own serves its results behind its own door
	}
	res, err := c.results.Do(req)
	if err != nil {
		return nil, "", c.Fail(providers.Transient, providers.BilledYes, "result: %w", pathless(err))
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, "", c.missing(res)
	}
	return &limited{r: res.Body, left: c.o.MaxImage}, res.Header.Get("Content-Type"), nil
}

// missing says what a download without a picture means: what is gone stays gone.
func (c *Client) missing(res *http.Response) *providers.Error {
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		e := c.Fail(providers.RateLimited, providers.BilledYes, "result: status %d", res.StatusCode)
		e.Wait, e.Scope = Wait(res.Header, time.Now()), providers.ScopeCall
		return e
	case res.StatusCode >= 500, res.StatusCode == http.StatusRequestTimeout:
		return c.Fail(providers.Transient, providers.BilledYes, "result: status %d", res.StatusCode)
	}
	return c.Fail(providers.Lost, providers.BilledYes, "result: status %d", res.StatusCode)
}

// errTooLarge ends what is larger than allowed.
var errTooLarge = errors.New("larger than allowed")

// limited is a body that fails, rather than ends, at its limit.
type limited struct {
	r    io.ReadCloser
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, errTooLarge
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left+1)])
	if l.left -= int64(n); l.left < 0 {
		return n - 1, errTooLarge
	}
	return n, err
}

func (l *limited) Close() error { return l.r.Close() }
