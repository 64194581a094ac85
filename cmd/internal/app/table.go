package app

import (
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/term"
	"github.com/imagika/imagika/providers/local"
)

// table shows what is embedded and what is real, where to look, and what to do next.
func (a *App) table(out io.Writer) {
	t := term.Open(out, func(string) string { return "" }) // a terminal knows already what it can do
	t.Printf("\n%s\n", t.Rows([][]string{{t.Bold("Imagika is running"), t.Dim(roleText(a.options.Config.Role))}}))
	t.Printf("%s\n", t.Rows(a.parts(t)))
	if rows := a.addresses(t); rows != nil {
		t.Printf("%s\n", t.Rows(rows))
	}
	if next := a.next(t); next != "" {
		t.Printf("  %s %s\n\n", t.Green("→"), next)
	}
	if a.options.Config.Role == config.RoleRun {
		t.Printf("  %s\n\n", t.Dim("Ctrl-C stops it in good order."))
	}
}

func roleText(r config.Role) string {
	switch r {
	case config.RoleRun:
		return "everything in one process"
	case config.RoleBot:
		return "as the bot: it takes updates and enqueues them"
	case config.RoleWorker:
		return "as a worker: it works on the queues"
	case config.RoleWeb:
		return "as the website"
	default:
		return string(r)
	}
}

// parts has a row for each server: its name, whether it is embedded, and where it is.
func (a *App) parts(t *term.Terminal) (rows [][]string) {
	c, s := a.options.Config, a.servers
	row := func(name, kind, where string) {
		mark := t.Green("●") + " "
		if kind != "real" {
			mark = t.Cyan("○") + " "
		}
		rows = append(rows, []string{t.Bold(name), mark + kind, where})
	}
	part := func(name, key, embedded, real string) {
		if s.embedded[key] {
			row(name, "embedded", embedded)
		} else {
			row(name, "real", real)
		}
	}
	switch {
	case s.fake != nil && len(s.elsewhere) > 0:
		row("Telegram", "playground", "in this process: no token is set; prompts may go to "+strings.Join(s.elsewhere, ", "))
	case s.fake != nil:
		row("Telegram", "playground", "in this process: no token is set, and nothing leaves this machine")
	case s.token != "":
		how := ", by polling"
		if c.TelegramMode == config.ModeWebhook {
			how = ", by webhook"
		}
		row("Telegram", "real", host(s.telegram)+how)
	}
	if a.core.store != nil {
		if m := a.model(); strings.HasPrefix(m, local.ModelSync) {
			row("Painter", "embedded", "draws by rules, is not an AI model")
		} else {
			row("Painter", "real", m)
		}
	}
	part("Redis", "redis", "in this process, holds nothing that cannot be lost", host(s.redis))
	if a.core.store != nil {
		part("Database", "database", a.core.store.Engine()+" in "+s.dir, a.core.store.Engine()+" at "+host(s.database))
		part("Key store", "keys", "a file of its own in "+s.dir, a.core.store.Engine()+" at "+host(s.keys))
		part("S3", "s3", "in this process, files in "+s.dir, s.s3.endpoint+", bucket "+s.s3.bucket)
	}
	return rows
}

// model is what paints for people who choose nothing.
func (a *App) model() string {
	if m := a.options.Config.Model; m != "" {
		return m
	}
	return a.core.workers.Model().Name
}

// host is where a server is, without who may use it.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "as set"
	}
	return u.Host + strings.TrimRight(u.Path, "/")
}

// addresses has a row for each thing to look at.
func (a *App) addresses(t *term.Terminal) (rows [][]string) {
	row := func(name, address string) {
		rows = append(rows, []string{t.Bold(name), t.Link(address, t.Cyan(address))})
	}
	if a.WebAddr != "" {
		if a.servers.playground != nil {
			row("Playground", a.playgroundURL())
		}
		row("Website", "http://"+dialable(a.WebAddr)+"/")
	}
	if a.AdminAddr != "" {
		row("Operations", "http://"+dialable(a.AdminAddr)+"/")
	}
	return rows
}

func (a *App) playgroundURL() string { return "http://" + dialable(a.WebAddr) + "/play" }

// next is the one thing to do now, where it is somebody's turn.
func (a *App) next(t *term.Terminal) string {
	switch {
	case a.servers.playground != nil && a.WebAddr != "":
		return t.Bold("Open ") + t.Link(a.playgroundURL(), t.Bold(a.playgroundURL())) + t.Bold(" and say hello")
	case a.options.Config.Role == config.RoleRun && a.core.workers.BotName != "":
		address := "https://t.me/" + a.core.workers.BotName
		return t.Bold("Open ") + t.Link(address, t.Bold(address)) + t.Bold(" and say hello")
	}
	return ""
}

// dialable turns a listener on all addresses into one a browser can open.
func dialable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}
