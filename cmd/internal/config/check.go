package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkAll holds every field against its tags.
func checkAll(known []setting, c *Config) error {
	var problems []error
	v := reflect.ValueOf(*c)
	for _, s := range known {
		if err := s.check(v.FieldByName(s.field).Interface()); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// check refuses a value outside what the tags accept. What is not set is
// accepted: the rules say where it is missing.
func (s setting) check(value any) error {
	text := fmt.Sprint(value)
	if secret, ok := value.(Secret); ok {
		text = secret.Reveal()
	}
	ok := true
	switch {
	case text == "":
	case s.oneOf != nil:
		ok = slices.Contains(s.oneOf, strings.ToLower(text))
	case s.min != "":
		ok = s.within(value)
	default:
		ok = formOf(s.form).match(text)
	}
	if ok {
		return nil
	}
	return s.refuse(text)
}

// within reports whether a number or duration lies between min and max.
func (s setting) within(value any) bool {
	if d, ok := value.(time.Duration); ok {
		low, errLow := time.ParseDuration(s.min)
		high, errHigh := time.ParseDuration(s.max)
		return errLow == nil && errHigh == nil && low <= d && d <= high
	}
	n := reflect.ValueOf(value).Int()
	low, errLow := strconv.ParseInt(s.min, 10, 64)
	high, errHigh := strconv.ParseInt(s.max, 10, 64)
	return errLow == nil && errHigh == nil && low <= n && n <= high
}

// form is a shape of text: how an error describes it, and whether a text has it.
type form struct {
	want  string
	match func(string) bool
}

var (
	tokenForm         = regexp.MustCompile(`^\d+:[A-Za-z0-9_-]{30,}$`)
	webhookSecretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,256}$`)
	operatorsForm     = regexp.MustCompile(`^imagika-operator:[A-Za-z0-9_-]{43}([\s,]+imagika-operator:[A-Za-z0-9_-]{43})+$`)
	nameForm          = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./:_-]{0,127}$`)
	endpointForm      = regexp.MustCompile(`^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9a-fA-F:]+\](:\d{1,5})?$`)
)

// formOf is the form a tag names; any text matches the one without a name.
func formOf(name string) form {
	switch name {
	case "redis":
		return form{"redis://host:port or rediss://host:port, and /number of a database where it has one, without a password", isRedis}
	case "postgres":
		return form{"postgres://user:password@host:port/database", isPostgres}
	case "keys":
		return form{"32 bytes in base64 (openssl rand -base64 32), or several with commas between", isKeys}
	case "operators":
		return form{"keys from imagika admin conversations keygen, at least two, with commas between", operatorsForm.MatchString}
	case "endpoint":
		return form{"host or host:port, without a scheme", endpointForm.MatchString}
	case "name":
		return form{"letters, digits and ./:_-, at most 128", nameForm.MatchString}
	case "token":
		return form{"a bot token (digits, a colon, at least 30 letters, digits, _ or -)", tokenForm.MatchString}
	case "webhook_secret":
		return form{"16 to 256 letters, digits, _ and -", webhookSecretForm.MatchString}
	case "password":
		return form{"at least 12 characters", func(s string) bool { return len(s) >= 12 }}
	case "url":
		return form{"an http:// or https:// address, without a password", isWeb}
	case "origin":
		return form{"http:// or https:// with a host, and a port where it has one, without a path", isOrigin}
	case "smtp":
		return form{"smtp://user:password@host:587 or smtps://user:password@host:465", isSMTP}
	case "mailbox":
		return form{"an e-mail address, such as Imagika <bot@example.com>", isMailbox}
	case "addr":
		return form{"host:port, such as 127.0.0.1:8080", isAddr}
	case "sources":
		return form{"names of small letters, digits, _ and -, beginning and ending with a letter, with commas between", isSources}
	case "networks":
		return form{"addresses or networks, such as 10.0.0.0/8,2001:db8::7, with commas between", func(s string) bool { _, err := networks(s); return err == nil }}
	default:
		return form{"", func(string) bool { return true }}
	}
}

// sourceForm is the name of a link; other stands for all that have none.
var sourceForm = regexp.MustCompile(`^[a-z]([a-z0-9_-]{0,30}[a-z])?$`)

func isSources(s string) bool {
	return !slices.ContainsFunc(list(s), func(name string) bool { return !sourceForm.MatchString(name) || name == "other" })
}

// list are the items of a text with commas between.
func list(s string) (all []string) {
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// networks reads addresses and networks. One with bits beyond its mask is taken for a typing error.
func networks(s string) (all []netip.Prefix, err error) {
	for _, item := range list(s) {
		p, err := netip.ParsePrefix(item)
		if address, failed := netip.ParseAddr(item); failed == nil {
			p, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err == nil && p != p.Masked() {
			err = fmt.Errorf("%s: want %s", p, p.Masked())
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func isRedis(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "redis" || u.Scheme == "rediss") && u.Hostname() != "" && !hasPassword(u) && isNumber(strings.Trim(u.Path, "/"))
}

// isNumber reports whether a text is a small number, or nothing.
func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil
}

func isPostgres(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && strings.Trim(u.Path, "/") != ""
}

func isKeys(s string) bool {
	_, err := NewSecret(s).Keys()
	return err == nil
}

func isWeb(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && !hasPassword(u)
}

// isOrigin: what stands below it is put behind it, so it has nothing of its own there but a slash, which [Load] takes away.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && isWeb(s) && strings.EqualFold(strings.TrimSuffix(s, "/"), u.Scheme+"://"+u.Host)
}

func isSMTP(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "smtp" || u.Scheme == "smtps") && u.Hostname() != "" && strings.Trim(u.Path, "/") == ""
}

func isMailbox(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil
}

func hasPassword(u *url.URL) bool {
	_, has := u.User.Password()
	return has
}

func isAddr(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// loopback reports whether only this machine can reach an address host:port.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
