package app

import (
	"fmt"
	"io"
	"net"
	"text/tabwriter"

	"github.com/imagika/imagika/cmd/internal/config"
)

// table shows what is embedded and what is real, and where to look.
func (a *App) table(out io.Writer) {
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	defer t.Flush()
	s := a.servers
	kind := func(name string) string {
		if s.embedded[name] {
			return "embedded"
		}
		return "real"
	}
	fmt.Fprintf(t, "\nImagika is running (%s)\n\n", a.options.Config.Role)
	fmt.Fprintf(t, "  Redis\t%s\t%s\n", kind("redis"), place(s.embedded["redis"], "in this process, holds nothing that cannot be lost"))
	if a.core.store != nil {
		fmt.Fprintf(t, "  Database\t%s\t%s\n", kind("database"), place(s.embedded["database"], a.core.store.Engine()+" in "+s.dir))
		fmt.Fprintf(t, "  Key store\t%s\t%s\n", kind("keys"), place(s.embedded["keys"], "a file of its own in "+s.dir))
		fmt.Fprintf(t, "  S3\t%s\t%s\n", kind("s3"), place(s.embedded["s3"], "in this process, files in "+s.dir))
	}
	switch {
	case s.fake != nil:
		fmt.Fprintf(t, "  Telegram\tplayground\tin this process: no token is set, and nothing leaves this machine\n")
	case s.token != "":
		fmt.Fprintf(t, "  Telegram\treal\tby %s\n", a.options.Config.TelegramMode)
	}
	fmt.Fprintln(t)
	a.addresses(t)
}

func place(embedded bool, where string) string {
	if embedded {
		return where
	}
	return "as set"
}

func (a *App) addresses(t io.Writer) {
	if a.WebAddr != "" {
		if a.servers.playground != nil {
			fmt.Fprintf(t, "  Playground\thttp://%s/play\n", dialable(a.WebAddr))
		}
		fmt.Fprintf(t, "  Website\thttp://%s/\n", dialable(a.WebAddr))
	}
	if a.AdminAddr != "" {
		fmt.Fprintf(t, "  Operations\thttp://%s/\n", dialable(a.AdminAddr))
	}
	if a.options.Config.Role == config.RoleRun {
		fmt.Fprintln(t, "\nCtrl-C stops it in good order.")
	}
	fmt.Fprintln(t)
}

// dialable turns a listener on all addresses into one a browser can open.
func dialable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}
