package telegramtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// apiError is a refusal as the Bot API words it.
type apiError struct {
	Code        int
	Description string
	RetryAfter  int   // seconds, in the parameters
	MigrateTo   int64 // chat id, in the parameters
}

// Error is the description.
func (e *apiError) Error() string { return e.Description }

// bad is the common refusal: 400 with "Bad Request: " before the words.
func bad(format string, args ...any) error {
	return &apiError{Code: http.StatusBadRequest, Description: "Bad Request: " + fmt.Sprintf(format, args...)}
}

// handler performs one method under the lock. It returns the result, or an *apiError.
type handler func(c *call) (any, error)

// table lists every method of spec.txt with its handler.
func (s *Server) table() map[string]handler {
	return map[string]handler{
		"getMe":                           s.getMe,
		"getUpdates":                      s.getUpdates, // takes the lock itself
		"setWebhook":                      s.setWebhook,
		"deleteWebhook":                   s.deleteWebhook,
		"getWebhookInfo":                  s.getWebhookInfo,
		"sendMessage":                     s.sendMessage,
		"sendPhoto":                       s.sendKind(MediaPhoto),
		"sendDocument":                    s.sendKind(MediaDocument),
		"sendLivePhoto":                   s.sendKind(MediaLivePhoto),
		"sendVideo":                       s.sendKind(MediaVideo),
		"sendAnimation":                   s.sendKind(MediaAnimation),
		"sendAudio":                       s.sendKind(MediaAudio),
		"sendVoice":                       s.sendKind(MediaVoice),
		"sendVideoNote":                   s.sendKind(MediaVideoNote),
		"sendSticker":                     s.sendKind(MediaSticker),
		"sendLocation":                    s.sendLocation,
		"sendVenue":                       s.sendVenue,
		"sendContact":                     s.sendContact,
		"sendPoll":                        s.sendPoll,
		"stopPoll":                        s.stopPoll,
		"sendDice":                        s.sendDice,
		"sendPaidMedia":                   s.sendPaidMedia,
		"sendMessageDraft":                s.sendMessageDraft,
		"sendRichMessage":                 s.sendRichMessage,
		"sendRichMessageDraft":            s.sendRichMessageDraft,
		"pinChatMessage":                  s.pinChatMessage,
		"unpinChatMessage":                s.unpinChatMessage,
		"unpinAllChatMessages":            s.unpinAllChatMessages,
		"sendMediaGroup":                  s.sendMediaGroup,
		"sendChatAction":                  s.sendChatAction,
		"editMessageText":                 s.editMessageText,
		"editMessageCaption":              s.editMessageCaption,
		"editMessageMedia":                s.editMessageMedia,
		"editMessageLiveLocation":         s.editMessageLiveLocation,
		"stopMessageLiveLocation":         s.stopMessageLiveLocation,
		"editMessageReplyMarkup":          s.editMessageReplyMarkup,
		"deleteMessage":                   s.deleteMessage,
		"deleteMessages":                  s.deleteMessages,
		"answerCallbackQuery":             s.answerCallbackQuery,
		"copyMessage":                     s.copyMessage,
		"copyMessages":                    s.copyMessages,
		"forwardMessage":                  s.forwardMessage,
		"forwardMessages":                 s.forwardMessages,
		"getFile":                         s.getFile,
		"getChat":                         s.getChat,
		"setMessageReaction":              s.setMessageReaction,
		"setMyCommands":                   s.setMyCommands,
		"getMyCommands":                   s.getMyCommands,
		"deleteMyCommands":                s.deleteMyCommands,
		"setMyDescription":                s.setMyDescription,
		"getMyDescription":                s.getMyDescription,
		"setMyShortDescription":           s.setMyShortDescription,
		"getMyShortDescription":           s.getMyShortDescription,
		"setMyName":                       s.setMyName,
		"getMyName":                       s.getMyName,
		"setChatMenuButton":               s.setChatMenuButton,
		"getChatMenuButton":               s.getChatMenuButton,
		"sendInvoice":                     s.sendInvoice,
		"createInvoiceLink":               s.createInvoiceLink,
		"answerPreCheckoutQuery":          s.answerPreCheckoutQuery,
		"refundStarPayment":               s.refundStarPayment,
		"editUserStarSubscription":        s.editUserStarSubscription,
		"getStarTransactions":             s.getStarTransactions,
		"getChatMember":                   s.getChatMember,
		"getChatMemberCount":              s.getChatMemberCount,
		"getChatAdministrators":           s.getChatAdministrators,
		"leaveChat":                       s.leaveChat,
		"answerInlineQuery":               s.answerInlineQuery,
		"answerWebAppQuery":               s.answerWebAppQuery,
		"savePreparedInlineMessage":       s.savePreparedInlineMessage,
		"close":                           s.closeBot,
		"setMyDefaultAdministratorRights": s.setMyDefaultAdministratorRights,
		"getMyDefaultAdministratorRights": s.getMyDefaultAdministratorRights,
		"getUserProfilePhotos":            s.getUserProfilePhotos,
		"logOut":                          s.logOut,
		"getMyStarBalance":                s.getMyStarBalance,
	}
}

// ServeHTTP serves /bot<token>/<method> and /file/bot<token>/<path>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, isFile := strings.CutPrefix(r.URL.Path, "/file")
	rest, ok := strings.CutPrefix(path, "/bot")
	token, name, found := strings.Cut(rest, "/")
	switch {
	case !ok || !found:
		refuse(w, &apiError{Code: http.StatusNotFound, Description: "Not Found"})
	case token != s.opts.Token:
		refuse(w, &apiError{Code: http.StatusUnauthorized, Description: "Unauthorized"})
	case isFile:
		s.serveFile(w, r, name)
	default:
		s.serveMethod(w, r, name)
	}
}

func (s *Server) serveMethod(w http.ResponseWriter, r *http.Request, name string) {
	c := &call{ctx: r.Context(), method: name, started: time.Now(), insecure: s.opts.InsecureApps, def: s.spec.methods[strings.ToLower(name)]}
	if c.def == nil {
		c.finish(s, w, nil, &apiError{Code: http.StatusNotFound, Description: "Not Found: method not found"})
		return
	}
	c.method = c.def.name
	if f := s.strike(c, false); f != nil {
		c.fault = f.Kind
		c.log(s, 0, nil)
		drop()
	}
	if err := c.read(w, r); err != nil {
		c.finish(s, w, nil, err)
		return
	}
	f := s.strike(c, true)
	if f == nil {
		result, err := s.perform(c)
		c.finish(s, w, result, err)
		return
	}
	s.serveBroken(w, r, c, f)
}

// serveBroken answers, or fails to answer, a call that a fault has struck.
func (s *Server) serveBroken(w http.ResponseWriter, r *http.Request, c *call, f *Fault) {
	c.fault = f.Kind
	var (
		result any
		err    error = f.refusal()
	)
	if f.happens() {
		result, err = s.perform(c)
	}
	switch f.Kind {
	case Refuse, Slow:
		s.breakAnswer(w, r, f)
		c.finish(s, w, result, err)
	default:
		c.log(s, 0, nil)
		s.breakAnswer(w, r, f)
	}
}

// perform checks the call, does it, and reports its violations.
func (s *Server) perform(c *call) (any, error) {
	for _, detail := range s.spec.check(c) {
		c.violate(detail)
	}
	err := s.admitted()
	var result any
	if err == nil {
		result, err = s.dispatch(c)
	}
	c.violateUnused()
	s.report(c)
	return result, err
}

func (s *Server) dispatch(c *call) (any, error) {
	do := s.handlers[c.method]
	if c.method == "getUpdates" {
		return do(c)
	}
	if err := s.paced(c); err != nil {
		return nil, err
	}
	before := len(c.violations)
	for {
		result, err := s.do(c, do)
		var missing *fetchError
		if !errors.As(err, &missing) {
			return result, err
		}
		s.fetch(c, missing.urls)
		c.violations = c.violations[:before]
	}
}

// do performs a call under the lock.
func (s *Server) do(c *call, do handler) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.touch()
	result, err := do(c)
	if err != nil {
		return nil, err
	}
	// The answer is fixed now: what happens next must not show in it.
	return json.Marshal(shown(result))
}

// report records the violations of a call and tells the hook, outside the lock.
func (s *Server) report(c *call) {
	s.mu.Lock()
	s.violations = append(s.violations, c.violations...)
	if n := len(s.violations) - maxViolations; n > 0 {
		s.violations = s.violations[n:]
	}
	s.mu.Unlock()
	if s.opts.OnViolation == nil || s.ctx.Err() != nil { // a test that is over takes no complaints
		return
	}
	for _, v := range c.violations {
		s.opts.OnViolation(v)
	}
}

// finish writes the answer and logs the call.
func (c *call) finish(s *Server, w http.ResponseWriter, result any, err error) {
	if errors.Is(err, context.Canceled) {
		c.log(s, 0, nil)
		drop()
	}
	code, body := envelope(result, err)
	// Logged before it is written: a client that has its answer finds the call.
	c.log(s, code, body)
	write(w, code, body)
}

func (c *call) log(s *Server, code int, body []byte) {
	s.opts.Log.DebugContext(c.ctx, "bot api call", slog.String("method", c.method), slog.Int("code", code))
	s.logCall(Call{
		Time: c.started, Method: c.method, Params: c.shown(), Files: c.shownFiles(),
		Code: code, Answer: body, Duration: time.Since(c.started), Fault: c.fault,
	})
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, err *apiError) {
	code, body := envelope(nil, err)
	write(w, code, body)
}

func write(w http.ResponseWriter, code int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(body)
}

// envelope is the answer around a result or a refusal.
func envelope(result any, err error) (int, []byte) {
	type parameters struct {
		RetryAfter int   `json:"retry_after,omitempty"`
		MigrateTo  int64 `json:"migrate_to_chat_id,omitempty"`
	}
	type answer struct {
		OK          bool        `json:"ok"`
		Result      any         `json:"result,omitempty"`
		ErrorCode   int         `json:"error_code,omitempty"`
		Description string      `json:"description,omitempty"`
		Parameters  *parameters `json:"parameters,omitempty"`
	}
	a, code := answer{OK: true, Result: result}, http.StatusOK
	if raw, ok := result.([]byte); ok {
		a.Result = json.RawMessage(raw)
	}
	if err != nil {
		e := &apiError{Code: http.StatusInternalServerError, Description: "Internal Server Error: " + err.Error()}
		errors.As(err, &e)
		code = e.Code
		a = answer{ErrorCode: e.Code, Description: e.Description}
		if e.RetryAfter != 0 || e.MigrateTo != 0 {
			a.Parameters = &parameters{e.RetryAfter, e.MigrateTo}
		}
	}
	body, err := json.Marshal(a)
	if err != nil {
		return http.StatusInternalServerError, []byte(`{"ok":false,"error_code":500,"description":"Internal Server Error"}`)
	}
	return code, body
}
