package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// drain is what a worker needs to store and record a result after the longest
// call has answered.
const drain = 30 * time.Second

// rules holds the settings against the role and against each other. values says
// which ones were given, because a default is not.
func (c Config) rules(values map[string]string) error {
	return errors.Join(
		c.required(values),
		c.allOfS3(values),
		c.webhook(values),
		c.playground(values),
		c.Bot(),
		c.twoAddresses(),
		c.twoDatabases(),
		c.mail(values),
		c.oidc(values),
		c.grace(),
	)
}

// required refuses a role that lacks what only run may embed.
func (c Config) required(values map[string]string) error {
	var names []string
	switch c.Role {
	case RoleBot:
		names = []string{"IMAGIKA_REDIS_URL", "IMAGIKA_QUEUE_KEY", "IMAGIKA_TELEGRAM_TOKEN"}
	case RoleWorker, RoleWeb:
		names = []string{
			"IMAGIKA_REDIS_URL", "IMAGIKA_QUEUE_KEY", "IMAGIKA_TELEGRAM_TOKEN",
			"IMAGIKA_DATABASE_URL", "IMAGIKA_KEYS_DATABASE_URL", "IMAGIKA_MASTER_KEY", "IMAGIKA_S3_ENDPOINT",
		}
	case RoleRun, RoleTool:
	default:
		return fmt.Errorf("unknown role %q", c.Role)
	}
	return missing(values, names, fmt.Sprintf("is not set: %s needs it, only run embeds or makes its own", c.Role))
}

// allOfS3 refuses an S3 server without its keys, and keys without a server.
func (c Config) allOfS3(values map[string]string) error {
	names := []string{"IMAGIKA_S3_ENDPOINT", "IMAGIKA_S3_ACCESS_KEY", "IMAGIKA_S3_SECRET_KEY"}
	for _, name := range names {
		if values[name] != "" {
			return missing(values, names, "is not set, but "+name+" is: want all of "+strings.Join(names, ", ")+" or none")
		}
	}
	return nil
}

// mail refuses a server without a sender, and a sender without a server.
func (c Config) mail(values map[string]string) error {
	names := []string{"IMAGIKA_SMTP_URL", "IMAGIKA_MAIL_FROM"}
	for _, name := range names {
		if values[name] != "" {
			return missing(values, names, "is not set, but "+name+" is: want both or none")
		}
	}
	return nil
}

// oidc refuses a sign-in that lacks something, and one that others could read.
func (c Config) oidc(values map[string]string) error {
	names := []string{"IMAGIKA_OIDC_ISSUER", "IMAGIKA_OIDC_CLIENT_ID", "IMAGIKA_OIDC_CLIENT_SECRET"}
	for _, name := range names {
		if values[name] != "" {
			return errors.Join(missing(values, append(names, "IMAGIKA_PUBLIC_URL"), "is not set, but "+name+" is: signing in needs it"), c.issuerTLS())
		}
	}
	return nil
}

func (c Config) issuerTLS() error {
	u, err := url.Parse(c.OIDCIssuer)
	if err != nil || u.Scheme != "http" || loopback(net.JoinHostPort(u.Hostname(), "0")) {
		return nil
	}
	return &SettingError{Name: "IMAGIKA_OIDC_ISSUER", Reason: "must start with https://: what it says is who somebody is"}
}

// webhook refuses half a webhook.
func (c Config) webhook(values map[string]string) error {
	names := []string{"IMAGIKA_TELEGRAM_WEBHOOK_URL", "IMAGIKA_TELEGRAM_WEBHOOK_SECRET"}
	if c.TelegramMode == ModeWebhook {
		if err := missing(values, names, "is not set: IMAGIKA_TELEGRAM_MODE=webhook needs it"); err != nil {
			return err
		}
		return c.webhookTLS()
	}
	for _, name := range names {
		if values[name] != "" {
			return &SettingError{Name: name, Reason: "is of no use: set IMAGIKA_TELEGRAM_MODE=webhook, or drop it"}
		}
	}
	return nil
}

// webhookTLS refuses a plain address where Telegram itself would. A Bot API
// server of one's own takes it.
func (c Config) webhookTLS() error {
	u, err := url.Parse(c.TelegramAPIURL)
	if err == nil && u.Hostname() == "api.telegram.org" && strings.HasPrefix(c.TelegramWebhookURL, "http:") {
		return &SettingError{Name: "IMAGIKA_TELEGRAM_WEBHOOK_URL", Reason: "must start with https:// for IMAGIKA_TELEGRAM_API_URL=" + c.TelegramAPIURL}
	}
	return nil
}

// playground keeps the stand-in for Telegram away from real bots and from other
// machines: whoever reaches it is whoever he says.
func (c Config) playground(values map[string]string) error {
	const name = "IMAGIKA_PLAYGROUND"
	switch {
	case c.Playground != PlaygroundOn:
	case c.Role != RoleRun:
		return &SettingError{Name: name, Reason: fmt.Sprintf("must not be on for %s: only run has a playground", c.Role)}
	case c.TelegramToken.IsSet():
		return &SettingError{Name: name, Reason: "must not be on while IMAGIKA_TELEGRAM_TOKEN is set: drop one of them"}
	case values["IMAGIKA_TELEGRAM_API_URL"] != "":
		return &SettingError{Name: name, Reason: "must not be on while IMAGIKA_TELEGRAM_API_URL is set: it brings its own"}
	case !loopback(c.WebAddr):
		return &SettingError{Name: name, Reason: "must not be on unless IMAGIKA_WEB_ADDR is a loopback address, such as 127.0.0.1:8080"}
	}
	return nil
}

// Bot refuses a run without anybody to talk with: neither Telegram's people nor whoever tries the bot in the browser.
func (c Config) Bot() error {
	const name = "IMAGIKA_TELEGRAM_TOKEN"
	switch {
	case c.Role != RoleRun || c.TelegramToken.IsSet() || c.PlaygroundEnabled():
	case c.Playground == PlaygroundOff:
		return &SettingError{Name: name, Reason: "is not set, and IMAGIKA_PLAYGROUND, which needs none, is off"}
	case isAddr(c.WebAddr): // what is no address is refused already
		return &SettingError{Name: name, Reason: "is not set, and the playground, which needs none, runs only on a loopback IMAGIKA_WEB_ADDR, such as 127.0.0.1:8080"}
	}
	return nil
}

// twoAddresses refuses the site and the operators' pages at one port, which the second of them would find taken by the first.
func (c Config) twoAddresses() error {
	site := c.Role == RoleRun || c.Role == RoleWeb || c.Role == RoleBot && c.TelegramMode == ModeWebhook
	host, port, errWeb := net.SplitHostPort(c.WebAddr)
	own, ownPort, errAdmin := net.SplitHostPort(c.AdminAddr)
	if !site || port != ownPort || port == "0" || !meet(host, own) || errors.Join(errWeb, errAdmin) != nil {
		return nil
	}
	return &SettingError{Name: "IMAGIKA_ADMIN_ADDR", Reason: "must not have the port of IMAGIKA_WEB_ADDR=" + c.WebAddr + ": choose another one, such as 127.0.0.1:9090"}
}

// meet reports whether listeners at two hosts are in each other's way: they are one, or one of them is every host.
func meet(a, b string) bool {
	every := func(host string) bool {
		ip, err := netip.ParseAddr(host)
		return host == "" || err == nil && ip.IsUnspecified()
	}
	one := func(host string) string { return strings.Replace(strings.ToLower(host), "localhost", "127.0.0.1", 1) }
	return every(a) || every(b) || one(a) == one(b)
}

// twoDatabases refuses keys beside the data they open: one backup would hold
// both, and destroying a key would erase nobody.
func (c Config) twoDatabases() error {
	if !c.DatabaseURL.IsSet() || !c.KeysDatabaseURL.IsSet() || database(c.DatabaseURL) != database(c.KeysDatabaseURL) {
		return nil
	}
	return &SettingError{Name: "IMAGIKA_KEYS_DATABASE_URL", Reason: "must not be the database of IMAGIKA_DATABASE_URL: keys need one of their own"}
}

// database is what tells one database from another in a URL that was checked.
func database(s Secret) string {
	u, err := url.Parse(s.Reveal())
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = "5432"
	}
	return strings.ToLower(u.Hostname()) + ":" + port + "/" + strings.Trim(u.Path, "/")
}

// grace refuses a stop that would cut off a paid call.
func (c Config) grace() error {
	if least := c.CallTimeout + drain; c.StopGrace < least {
		return &SettingError{
			Name:  "IMAGIKA_STOP_GRACE",
			Value: c.StopGrace.String(),
			Want:  fmt.Sprintf("at least %s, which is IMAGIKA_CALL_TIMEOUT and %s more", least, drain),
		}
	}
	return nil
}

// missing is an error for each name that is not set.
func missing(values map[string]string, names []string, reason string) error {
	var problems []error
	for _, name := range names {
		if values[name] == "" {
			problems = append(problems, &SettingError{Name: name, Reason: reason})
		}
	}
	return errors.Join(problems...)
}
