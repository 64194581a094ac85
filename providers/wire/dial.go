package wire

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// maxRedirects of a result; networks that deliver use one or two.
const maxRedirects = 4

func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	if !c.trusted[address] {
		d.Control = func(_, resolved string, _ syscall.RawConn) error {
			host, _, err := net.SplitHostPort(resolved)
			if err != nil {
				return err
			}
			if !public(net.ParseIP(host)) {
				return errPrivate
			}
			return nil
		}
	}
	return d.DialContext(ctx, network, address)
}

// ownURL resolves an address the provider handed out and checks that it is the provider's own.
func (c *Client) ownURL(address string) (*url.URL, error) {
	u, err := c.base.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if u.Scheme == c.base.Scheme && u.Host == c.base.Host {
		return u, nil
	}
	if c.secure(u) && listed(u.Hostname(), c.o.Own) {
		return u, nil
	}
	return nil, fmt.Errorf("host %q is not the provider's", u.Hostname())
}

// resultURL checks where a picture is to be fetched from.
func (c *Client) resultURL(u *url.URL) error {
	if u.Scheme == c.base.Scheme && u.Host == c.base.Host {
		return nil
	}
	if c.secure(u) && (listed(u.Hostname(), c.o.Results) || listed(u.Hostname(), c.o.Own) || c.trusted[hostPort(u)]) {
		return nil
	}
	return fmt.Errorf("results do not come from host %q", u.Hostname())
}

// secure asks for TLS, except where the operator said otherwise.
func (c *Client) secure(u *url.URL) bool {
	return u.User == nil && (u.Scheme == "https" || (u.Scheme == "http" && c.trusted[hostPort(u)]))
}

func (c *Client) redirect(r *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return c.resultURL(r.URL)
}
