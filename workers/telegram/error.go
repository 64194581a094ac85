package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Class is what a failed call means for the one who made it.
type Class string

// The classes. NotModified never leaves this package: an edit without change is a success.
const (
	// NotModified: the message already looks like that.
	NotModified Class = "not_modified"
	// NotFound: the message to edit or delete is gone or can no longer be touched; send anew.
	NotFound Class = "not_found"
	// TooOld: the button press is too old to be answered; drop.
	TooOld Class = "too_old"
	// Permanent: the same call will fail again.
	Permanent Class = "permanent"
	// BadPhoto: Telegram does not take this picture in this form; go down the ladder.
	BadPhoto Class = "bad_photo"
	// BadFile: the file id is not known (any more); upload the bytes.
	BadFile Class = "bad_file"
	// ReplyGone: the message replied to is gone; send without a reply.
	ReplyGone Class = "reply_gone"
	// Migrated: the group has a new id, in Error.MigrateTo; send it there.
	Migrated Class = "migrated"
	// Blocked: this chat cannot be reached: blocked, deactivated, kicked, never started.
	Blocked Class = "blocked"
	// Unauthorized: the token is wrong or revoked; the operator's business.
	Unauthorized Class = "unauthorized"
	// Conflict: another poller, or a webhook, takes the updates.
	Conflict Class = "conflict"
	// RateLimited: not now; Error.RetryAfter says when. Also returned without a call while a hold lasts.
	RateLimited Class = "rate_limited"
	// Transient: it did not happen, or may safely be repeated.
	Transient Class = "transient"
	// Uncertain: a send left and its answer did not come back. It may have been delivered: never repeat it silently.
	Uncertain Class = "uncertain"
)

// Classes lists all classes, for metrics and tests.
func Classes() []Class {
	return []Class{
		NotModified, NotFound, TooOld, Permanent, BadPhoto, BadFile, ReplyGone, Migrated, Blocked, Unauthorized,
		Conflict, RateLimited, Transient, Uncertain,
	}
}

// Error is every failure of a call.
type Error struct {
	// Method of the Bot API, like "sendMessage".
	Method string
	// Code is Telegram's error_code, or the HTTP status when the answer was not Telegram's. Zero: no answer.
	Code int
	// Description is Telegram's own text. It may quote what a person wrote: Error() leaves quotes out.
	Description string
	// RetryAfter is set with RateLimited, at least a second.
	RetryAfter time.Duration
	// MigrateTo is the group's new id and ChatID its old one, set with Migrated.
	MigrateTo, ChatID int64
	// Class decides what to do.
	Class Class
	// Err is the cause, if it was not Telegram's answer. It holds no token.
	Err error
}

// Error says what happened, for operators: no token, and nothing quoted from a message.
func (e *Error) Error() string {
	s := "telegram: " + e.Method + ": " + string(e.Class)
	if e.Code != 0 {
		s += fmt.Sprintf(": %d", e.Code)
	}
	if e.Description != "" {
		s += " " + quoted.ReplaceAllString(e.Description, `"…"`)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of err, or "" if it is not a failed call.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return ""
}

var (
	quoted    = regexp.MustCompile(`(?s)".*"`)
	tokenText = regexp.MustCompile(`\b(bot)?\d{3,19}(?::|%3[Aa])[A-Za-z0-9_-]{6,128}`)
)

// Redact removes anything that looks like a bot token from s.
func Redact(s string) string { return tokenText.ReplaceAllString(s, "${1}<token>") }

// sanitize takes the URLs, which hold the token, out of an error of the HTTP client.
func (c *Client) sanitize(err error) error {
	for {
		u, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = u.Err
	}
	if s := err.Error(); strings.Contains(s, c.token) || Redact(s) != s {
		return errors.New(Redact(strings.ReplaceAll(s, c.token, "<token>")))
	}
	return err
}

// phrases maps Telegram's words, in lower case, to classes; the first match wins. Telegram has no finer codes than
// 400 and 403, so the words are the protocol.
var phrases = []struct {
	words string
	class Class
}{
	{"message is not modified", NotModified},
	{"message_not_modified", NotModified},
	{"query is too old", TooOld},
	{"query id is invalid", TooOld},
	{"query_id_invalid", TooOld},
	{"message to edit not found", NotFound},
	{"message to delete not found", NotFound},
	{"message to copy not found", NotFound},
	{"message to react not found", NotFound},
	{"there are no messages to forward", NotFound},
	{"quote_text_invalid", ReplyGone},
	{"message can't be edited", NotFound},
	{"message_id_invalid", NotFound},
	{"message to be replied not found", ReplyGone},
	{"message to reply not found", ReplyGone},
	{"replied message not found", ReplyGone},
	{"photo_invalid_dimensions", BadPhoto},
	{"photo_invalid", BadPhoto},
	{"photo_save_file_invalid", BadPhoto},
	{"photo_ext_invalid", BadPhoto},
	{"image_process_failed", BadPhoto},
	{"failed to process image", BadPhoto},
	{"too big for a photo", BadPhoto},
	{"wrong file identifier", BadFile},
	{"wrong remote file", BadFile},
	{"wrong file_id", BadFile},
	{"invalid file_id", BadFile},
	{"file reference has expired", BadFile},
	{"chat not found", Blocked},
	{"user not found", Blocked},
	{"peer_id_invalid", Blocked},
	{"user is deactivated", Blocked},
	{"bot was kicked", Blocked},
	{"not enough rights to send", Blocked},
	{"have no rights to send", Blocked},
	{"need administrator rights in the", Blocked},
	{"chat_write_forbidden", Blocked},
}

// classify names the class of an answer that is Telegram's: a JSON object with ok=false and a code.
func classify(code int, description string, migrateTo int64) Class {
	switch {
	case code == http.StatusTooManyRequests:
		return RateLimited
	case code == http.StatusConflict:
		return Conflict
	case code == http.StatusUnauthorized, code == http.StatusNotFound:
		return Unauthorized
	case migrateTo != 0:
		return Migrated
	case code >= http.StatusInternalServerError:
		return Transient
	}
	lower := strings.ToLower(description)
	for _, p := range phrases {
		if strings.Contains(lower, p.words) {
			return p.class
		}
	}
	switch code {
	case http.StatusForbidden:
		return Blocked
	case http.StatusRequestEntityTooLarge:
		return BadPhoto
	}
	return Permanent
}

// classifyStatus names the class of an answer that is not Telegram's: an error page of something in between. A page
// with a status of 5xx or 4xx is a refusal. One that says success, or that the gateway stopped waiting, leaves open
// whether a send happened.
func classifyStatus(method string, status int) Class {
	switch {
	case !sends(method):
		return Transient
	case status < http.StatusMultipleChoices, status == http.StatusGatewayTimeout:
		return Uncertain
	}
	return Transient
}

// sends reports whether repeating the method shows the person something twice.
func sends(method string) bool {
	switch method {
	case "sendMessage", "sendPhoto", "sendDocument", "sendMediaGroup", "sendInvoice", "sendLocation", "copyMessage", "copyMessages":
		return true
	}
	return false
}
