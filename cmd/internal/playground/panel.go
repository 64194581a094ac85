package playground

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// panelView is what the side panel shows: what is new since it asked last, and how things
// stand. Last and LastUpdate are what to ask with next.
type panelView struct {
	Calls      []callView                 `json:"calls"`
	Last       uint64                     `json:"last"`
	Updates    []telegramtest.UpdateInfo  `json:"updates"`
	Webhook    telegramtest.WebhookInfo   `json:"webhook"`
	Faults     []telegramtest.ActiveFault `json:"faults"`
	Kinds      []telegramtest.FaultInfo   `json:"kinds"`
	Presets    []presetView               `json:"presets"`
	Methods    []string                   `json:"methods"`
	Violations []telegramtest.Violation   `json:"violations"`
}

// callView is a call of the bot. Chat and Message are what it was about, if it was about a
// message.
type callView struct {
	Seq     uint64                  `json:"seq"`
	At      int64                   `json:"at"` // Unix milliseconds
	Method  string                  `json:"method"`
	Code    int                     `json:"code"` // 0 when the answer was withheld
	MS      float64                 `json:"ms"`
	Params  map[string]string       `json:"params"`
	Files   []telegramtest.CallFile `json:"files,omitempty"`
	Answer  json.RawMessage         `json:"answer,omitempty"`
	Fault   telegramtest.FaultKind  `json:"fault,omitempty"`
	Chat    int64                   `json:"chat,omitempty"`
	Message int64                   `json:"message,omitempty"`
}

// maxListed bounds one answer of each kind; older ones are left out.
const maxListed = 300

// panel answers with everything the side panel shows. ?after= is the number of the last
// call it has.
func (pg *Playground) panel(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64) // anything else lists all
	v := panelView{
		Calls: []callView{}, Updates: latest(pg.tg.Updates()), Webhook: pg.tg.Webhook(), Faults: pg.tg.Faults(),
		Kinds: telegramtest.FaultKinds(), Presets: presetViews(), Methods: pg.tg.Methods(),
		Violations: append([]telegramtest.Violation{}, latest(pg.tg.Violations())...),
	}
	for _, c := range pg.tg.Calls() {
		v.Last = c.Seq
		if c.Seq > after {
			v.Calls = append(v.Calls, viewCall(c))
		}
	}
	v.Calls = latest(v.Calls)
	reply(w, http.StatusOK, v)
}

func latest[T any](list []T) []T { return list[max(0, len(list)-maxListed):] }

func viewCall(c telegramtest.Call) callView {
	v := callView{
		Seq: c.Seq, At: c.Time.UnixMilli(), Method: c.Method, Code: c.Code, MS: float64(c.Duration.Microseconds()) / 1000,
		Params: c.Params, Files: c.Files, Answer: c.Answer, Fault: c.Fault,
	}
	v.Chat, v.Message = about(c)
	return v
}

// about finds the message of a call: the one sent, else the one it names.
func about(c telegramtest.Call) (chat, message int64) {
	chat, _ = strconv.ParseInt(c.Params["chat_id"], 10, 64)
	message, _ = strconv.ParseInt(c.Params["message_id"], 10, 64)
	type sent struct {
		MessageID int64 `json:"message_id"`
	}
	var one struct{ Result sent }
	var many struct{ Result []sent }
	switch {
	case strings.HasPrefix(c.Method, "get"):
		return chat, message
	case json.Unmarshal(c.Answer, &one) == nil && one.Result.MessageID != 0:
		message = one.Result.MessageID
	case json.Unmarshal(c.Answer, &many) == nil && len(many.Result) > 0:
		message = many.Result[0].MessageID
	}
	return chat, message
}

// transcript exports a chat as a test file. ?person= and ?chat= name it as elsewhere.
func (pg *Playground) transcript(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseInt(r.URL.Query().Get("person"), 10, 64) // anything else is nobody
	chat, _ := strconv.ParseInt(r.URL.Query().Get("chat"), 10, 64) // anything else is the private chat
	p, err := pg.sit(who{Person: id, Chat: chat})
	if err != nil {
		refuseError(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	name := strings.ToLower(p.User().FirstName) + ".txt"
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, _ = w.Write([]byte(pg.tg.Transcript(p))) // a reader that is gone cannot be told
}
