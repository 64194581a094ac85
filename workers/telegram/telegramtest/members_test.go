package telegramtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// groupOf is a group of Ann, who owns it, and Bob.
func groupOf(t *testing.T) (s *Server, g *Group, ann, bob *Person) {
	t.Helper()
	s = NewTest(t, Options{Bot: User{Username: "fox_bot"}})
	ann, bob = s.Person(PersonConfig{FirstName: "Ann"}), s.Person(PersonConfig{FirstName: "Bob"})
	return s, s.Group("Foxes", ann, bob), ann, bob
}

// news lists what the bot has not been told yet, and confirms it.
func news(t *testing.T, s *Server, p params) (us []Update) {
	t.Helper()
	us = pollOnce(t, s, p)
	if n := len(us); n > 0 {
		pollOnce(t, s, params{"offset": us[n-1].UpdateID + 1})
	}
	return us
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s, g, ann, bob := groupOf(t)
	status := func(id int64) string {
		var m ChatMember
		do(t, s, "getChatMember", params{"chat_id": g.ID(), "user_id": id}).into(t, &m)
		return m.Status
	}
	eve := s.Person(PersonConfig{FirstName: "Eve"})
	got := []string{status(ann.ID()), status(bob.ID()), status(s.Bot().ID), status(eve.ID())}
	if diff := cmp.Diff([]string{"creator", "member", "member", "left"}, got); diff != "" {
		t.Errorf("standings (-want +got):\n%s", diff)
	}
	g.Add(eve)
	g.Add(eve)
	g.Remove(bob)
	g.Ban(eve, time.Hour)
	if got := []string{status(bob.ID()), status(eve.ID())}; !cmp.Equal(got, []string{"left", "kicked"}) {
		t.Errorf("Bob and Eve are %v", got)
	}
	s.Advance(2 * time.Hour)
	if got := status(eve.ID()); got != "left" {
		t.Errorf("when the ban is over Eve is %s", got)
	}
	var n int
	do(t, s, "getChatMemberCount", params{"chat_id": g.ID()}).into(t, &n)
	var admins []ChatMember
	do(t, s, "getChatAdministrators", params{"chat_id": g.ID()}).into(t, &admins)
	if n != 2 || len(admins) != 1 || admins[0].User.ID != ann.ID() || admins[0].IsAnonymous == nil {
		t.Errorf("%d members, administrators %+v", n, admins)
	}
	var lines []string
	for _, m := range g.Messages() {
		switch {
		case m.NewChatMembers != nil:
			lines = append(lines, "+"+m.NewChatMembers[0].FirstName)
		case m.LeftChatMember != nil:
			lines = append(lines, m.From.FirstName+" -"+m.LeftChatMember.FirstName)
		}
	}
	if diff := cmp.Diff([]string{"+Eve", "Bob -Bob", "Ann -Eve"}, lines); diff != "" {
		t.Errorf("service messages (-want +got):\n%s", diff)
	}
	for want, p := range map[string]params{
		"user not found": {"chat_id": g.ID(), "user_id": 5}, "chat not found": {"chat_id": -5, "user_id": ann.ID()},
	} {
		if a := do(t, s, "getChatMember", p); a.Description != "Bad Request: "+want {
			t.Errorf("%q, want %s", a.Description, want)
		}
	}
}

func TestPrivateChatsHaveTwoMembers(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	var n int
	do(t, s, "getChatMemberCount", params{"chat_id": ann.ID()}).into(t, &n)
	var m ChatMember
	do(t, s, "getChatMember", params{"chat_id": ann.ID(), "user_id": ann.ID()}).into(t, &m)
	if n != 2 || m.Status != "member" {
		t.Errorf("%d members, Ann is %s", n, m.Status)
	}
	if a := do(t, s, "getChatAdministrators", params{"chat_id": ann.ID()}); a.Description != "Bad Request: there are no administrators in the private chat" {
		t.Errorf("administrators: %q", a.Description)
	}
	if a := do(t, s, "leaveChat", params{"chat_id": ann.ID()}); a.OK {
		t.Error("the bot left a private chat")
	}
}

func TestTheBotComesAndGoes(t *testing.T) {
	t.Parallel()
	s, g, ann, _ := groupOf(t)
	news(t, s, nil)
	g.RemoveBot(ann)
	ann.In(g).Text("/help@fox_bot")
	if a := do(t, s, "sendMessage", params{"chat_id": g.ID(), "text": "x"}); a.Code != 403 || a.Description != "Forbidden: bot was kicked from the supergroup chat" {
		t.Errorf("removed: %d %q", a.Code, a.Description)
	}
	us := news(t, s, nil)
	if len(us) != 1 || us[0].MyChatMember.NewChatMember.Status != "kicked" || us[0].MyChatMember.From.ID != ann.ID() || g.BotStatus() != "kicked" {
		t.Errorf("removed, the bot heard %+v", us)
	}
	ann.StartGroup(g, "hello")
	us = news(t, s, nil)
	if len(us) != 3 || us[0].MyChatMember.NewChatMember.Status != "member" || us[1].Message.NewChatMembers[0].ID != s.Bot().ID ||
		us[2].Message.Text != "/start@fox_bot hello" {
		t.Errorf("added again, the bot heard %+v", us)
	}
	do(t, s, "leaveChat", params{"chat_id": g.ID()}).into(t, new(bool))
	if a := do(t, s, "getChat", params{"chat_id": g.ID()}); a.Description != "Forbidden: bot is not a member of the supergroup chat" {
		t.Errorf("left: %q", a.Description)
	}
}

func TestAdministratorsHearAndDelete(t *testing.T) {
	t.Parallel()
	s, g, ann, bob := groupOf(t)
	all := params{"allowed_updates": []string{"message", "my_chat_member", "chat_member"}}
	news(t, s, all)
	bob.In(g).Text("not for bots")
	g.PromoteBot(ann, AdministratorRights{CanDeleteMessages: true})
	m := bob.In(g).Text("for everybody")
	g.Remove(bob)
	us := news(t, s, nil)
	if len(us) != 4 || us[0].MyChatMember.NewChatMember.AdministratorRights == nil || us[1].Message.Text != "for everybody" ||
		us[2].ChatMember.NewChatMember.Status != "left" || us[3].Message.LeftChatMember.ID != bob.ID() {
		t.Errorf("an administrator heard %+v", us)
	}
	do(t, s, "deleteMessage", params{"chat_id": g.ID(), "message_id": m.MessageID}).into(t, new(bool))
	g.AddBot(ann) // a demotion
	m = ann.In(g).Text("stays")
	if a := do(t, s, "deleteMessage", params{"chat_id": g.ID(), "message_id": m.MessageID}); a.OK {
		t.Error("a member deleted somebody's message")
	}
	g.Add(bob)
	if us := news(t, s, nil); len(us) != 2 || us[1].Message.NewChatMembers == nil {
		t.Errorf("a member heard %+v", us)
	}
}

func TestGroupsBecomeSupergroups(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	ann := s.Person(PersonConfig{})
	old := s.BasicGroup("Foxes", ann)
	news(t, s, nil)
	next := old.Upgrade()
	if old.Upgrade().ID() != old.ID() || next.Title() != "Foxes" {
		t.Errorf("upgraded twice, to %q", next.Title())
	}
	us := news(t, s, nil)
	if len(us) != 2 || us[0].Message.MigrateToChatID != next.ID() || us[1].Message.MigrateFromChatID != old.ID() || us[1].Message.Chat.Type != "supergroup" {
		t.Errorf("the bot heard %+v", us)
	}
	a := do(t, s, "sendMessage", params{"chat_id": old.ID(), "text": "x"})
	if a.Code != 400 || a.Parameters.MigrateTo != next.ID() || a.Description != "Bad Request: group chat was upgraded to a supergroup chat" {
		t.Errorf("the old id: %+v", a)
	}
	do(t, s, "sendMessage", params{"chat_id": next.ID(), "text": "x"}).message(t)
	if m := ann.In(old).Text("hi"); m.Chat.ID != next.ID() {
		t.Errorf("Ann speaks in %d", m.Chat.ID)
	}
}

func TestCommandScopes(t *testing.T) {
	t.Parallel()
	s, g, ann, bob := groupOf(t)
	set := func(name string, scope params, lang string) {
		do(t, s, "setMyCommands", params{"commands": []BotCommand{{name, "x"}}, "scope": scope, "language_code": lang}).into(t, new(bool))
	}
	shows := func(p *Person) string {
		if list := p.Commands(); len(list) > 0 {
			return list[0].Command
		}
		return ""
	}
	at := func(kind string) params { return params{"type": kind, "chat_id": g.ID()} }
	for _, step := range []struct {
		name  string
		scope params
		want  [3]string // of Ann and Bob in the group, and of Bob in private
	}{
		{"d", params{"type": "default"}, [3]string{"d", "d", "d"}},
		{"private", params{"type": "all_private_chats"}, [3]string{"d", "d", "private"}},
		{"groups", params{"type": "all_group_chats"}, [3]string{"groups", "groups", "private"}},
		{"admins", params{"type": "all_chat_administrators"}, [3]string{"admins", "groups", "private"}},
		{"chat", at("chat"), [3]string{"chat", "chat", "private"}},
		{"chat_admins", at("chat_administrators"), [3]string{"chat_admins", "chat", "private"}},
		{"bob", params{"type": "chat_member", "chat_id": g.ID(), "user_id": bob.ID()}, [3]string{"chat_admins", "bob", "private"}},
		{"only_bob", params{"type": "chat", "chat_id": bob.ID()}, [3]string{"chat_admins", "bob", "only_bob"}},
	} {
		set(step.name, step.scope, "")
		if got := [3]string{shows(ann.In(g)), shows(bob.In(g)), shows(bob)}; got != step.want {
			t.Errorf("with %s: %v, want %v", step.name, got, step.want)
		}
	}
	for want, scope := range map[string]params{
		"chat not found": {"type": "chat", "chat_id": -5},
		"can't use specified scope in private chats": {"type": "chat_administrators", "chat_id": bob.ID()},
		"user not found": {"type": "chat_member", "chat_id": g.ID(), "user_id": 5},
	} {
		if a := do(t, s, "getMyCommands", params{"scope": scope}); a.Description != "Bad Request: "+want {
			t.Errorf("%v: %q, want %q", scope, a.Description, want)
		}
	}
}

func TestLogOutAndClose(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	if a := do(t, s, "close", nil); a.Code != 429 || a.Parameters.RetryAfter < 590 {
		t.Errorf("close at once: %+v", a)
	}
	s.Advance(11 * time.Minute)
	do(t, s, "close", nil).into(t, new(bool))
	do(t, s, "logOut", nil).into(t, new(bool))
	for _, method := range []string{"getMe", "getUpdates", "logOut"} {
		if a := do(t, s, method, nil); a.Code != 400 || a.Description != "Logged out" {
			t.Errorf("%s after logOut: %d %q", method, a.Code, a.Description)
		}
	}
	s.Advance(11 * time.Minute)
	do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "back"}).message(t)
}

func TestRightsAndPhotos(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	ann := s.Person(PersonConfig{Photo: picture(t, 200, 200)})
	want := AdministratorRights{CanManageChat: true, CanPinMessages: true}
	do(t, s, "setMyDefaultAdministratorRights", params{"rights": want}).into(t, new(bool))
	var rights, channels AdministratorRights
	do(t, s, "getMyDefaultAdministratorRights", nil).into(t, &rights)
	do(t, s, "getMyDefaultAdministratorRights", params{"for_channels": true}).into(t, &channels)
	if rights != want || channels != (AdministratorRights{}) {
		t.Errorf("rights %+v, in channels %+v", rights, channels)
	}
	var photos struct {
		Total  int           `json:"total_count"`
		Photos [][]PhotoSize `json:"photos"`
	}
	do(t, s, "getUserProfilePhotos", params{"user_id": ann.ID()}).into(t, &photos)
	if photos.Total != 1 || len(photos.Photos) != 1 || len(photos.Photos[0]) != 2 {
		t.Errorf("photos %+v", photos)
	}
	do(t, s, "getUserProfilePhotos", params{"user_id": ann.ID(), "offset": 1}).into(t, &photos)
	if photos.Total != 1 || len(photos.Photos) != 0 {
		t.Errorf("the second page has %+v", photos)
	}
}
