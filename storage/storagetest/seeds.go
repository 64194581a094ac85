package storagetest

import (
	crand "crypto/rand"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
)

// seeds are the values of Everything.
type seeds struct {
	user   int64
	other  int64 // who invited them, and talks with them
	marker string
	run    string // tells apart what has to be unique
	now    int64
}

func newSeeds(user int64, marker string) seeds {
	return seeds{user: user, other: rand.Int64N(1 << 52), marker: marker, run: strings.ToLower(crand.Text()[:8]), now: now()}
}

// mark is a text that says where it stands.
func (s seeds) mark(place string) string { return s.marker + "-" + place }

// id is unique among all rows of that name.
func (s seeds) id(of string) string { return of + "-" + s.run }

// all are the rows, in the order in which they can be put in.
func (s seeds) all(telegramID int64) []Row {
	rows := []Row{
		{"users", map[string]any{"not_theirs": true, "id": s.other, "kind": "person", "lookup": []byte(s.id("other")), "created_at": s.now}},
		{"conversations", map[string]any{"not_theirs": true, "id": s.id("talk"), "lang": "en", "opened_at": s.now, "active_at": s.now}},
		{"promos", map[string]any{"not_theirs": true, "id": s.id("promo"), "code_key": []byte(s.id("code")), "label": "spring", "credits": 5, "uses": 0, "used": 1, "per_person": 1, "created_at": s.now}},
		{"announcements", map[string]any{
			"not_theirs": true, "id": s.id("news"), "status": "done", "texts": "{}", "audience": "{}", "loud": false, "pace": 1,
			"created_at": s.now, "updated_at": s.now, "started_at": s.now, "ended_at": s.now,
		}},
	}
	for _, more := range [][]Row{s.account(telegramID), s.painting(telegramID), s.money(), s.help(), s.talk(), s.credits(), s.messages(telegramID)} {
		rows = append(rows, more...)
	}
	return rows
}

func (s seeds) account(telegramID int64) []Row {
	return []Row{
		{"users", map[string]any{
			"id": s.user, "created_at": s.now, "profile": map[string]any{"telegram_id": telegramID}, "lang": "de", "tier": "paid", "seen_at": s.now, "objected_at": s.now, "no_news_at": s.now, "ban_until": s.now, "ban_case": s.mark("ban_case"),
			"settings": storage.Settings{Choice: storage.Choice{Negative: s.mark("negative")}, Presets: []storage.Preset{{Name: s.mark("preset")}}},
		}},
		{"consents", map[string]any{
			"id": s.id("consent"), "user_id": s.user, "document": "policy", "version": "2026-11-01", "locale": "de", "granted": true,
			"update_key": s.id("agreed"), "created_at": s.now,
		}},
		{"rights", map[string]any{
			"id": s.id("right"), "user_id": s.user, "kind": "rectify", "origin": "chat", "status": "done", "body": map[string]any{"language": s.mark("rectified")},
			"due_at": s.now, "created_at": s.now, "updated_at": s.now, "ended_at": s.now,
		}},
		{"api_tokens", map[string]any{
			"id": s.id("token"), "user_id": s.user, "lookup": []byte(s.id("token")), "prefix": "img_x", "body": storage.TokenBody{Name: s.mark("token")},
			"monthly": 5, "used_at": s.now, "created_at": s.now,
		}},
		{"emails", map[string]any{"user_id": s.user, "lookup": []byte(s.id("mailbox")), "address": s.mark("address"), "verified_at": s.now}},
		{"sign_ins", map[string]any{"id": s.id("sign-in"), "lookup": []byte(s.id("mailbox")), "holder": []byte(s.id("browser")), "used_at": s.now, "expires_at": s.now, "created_at": s.now}},
		{"mail_codes", map[string]any{
			"id": s.id("code"), "user_id": s.user, "purpose": "link", "lookup": []byte(s.id("mailbox")), "address": s.mark("typed_address"), "code": []byte(s.id("digits")), "tries": 1,
			"sent_at": s.now, "expires_at": s.now, "used_at": s.now, "created_at": s.now,
		}},
		{"mails", map[string]any{
			"id": s.id("mail"), "user_id": s.user, "kind": "letter", "status": "failed", "reason": "late", "body": storage.MailBody{To: s.mark("mailed"), Text: s.mark("letter")},
			"expires_at": s.now, "created_at": s.now, "updated_at": s.now, "ended_at": s.now,
		}},
		{"dead_letters", map[string]any{
			"update_key": s.id("dead"), "user_id": s.user, "body": []byte(`{"message":{"text":"` + s.mark("dead_letter") + `"}}`), "error": "panic", "failures": 3,
			"created_at": s.now, "retried_at": s.now,
		}},
	}
}

func (s seeds) request(telegramID int64, prompt string) storage.Request {
	return storage.Request{
		Prompt: s.mark(prompt), Negative: s.mark(prompt + "_negative"), Chat: telegramID, Message: 7, Lang: "de", Without: []string{"openai"},
	}
}

func (s seeds) generation(telegramID int64, name, status string, price int64) map[string]any {
	return map[string]any{
		"id": s.id(name), "user_id": s.user, "origin": "chat", "request_key": s.id("asked-" + name), "form": "chat", "status": status, "model": "local",
		"operation": "generate", "request": s.request(telegramID, "prompt_"+name), "params": `{"count":1,"seed":9}`, "images_wanted": 1, "price": price,
		"created_at": s.now, "updated_at": s.now,
	}
}

func (s seeds) painting(telegramID int64) []Row {
	fox, waits := s.generation(telegramID, "fox", "delivered", 2), s.generation(telegramID, "waits", "held", 1)
	for _, at := range []string{"favorite_at", "started_at", "stored_at", "done_at", "promoted_at"} {
		fox[at] = s.now
	}
	fox["fence"] = 1 // the claim that made its call
	sha := strings.Repeat(strconv.Itoa(int(s.user%10)), 64)
	image := func(role string, n int, key string, attempt any) Row {
		return Row{"images", map[string]any{
			"generation_id": s.id("fox"), "role": role, "n": n, "attempt_id": attempt, "user_id": s.user, "object_key": key, "sha256": sha, "bytes": 100,
			"width": 64, "height": 64, "media_type": "image/png", "seed": 9, "created_at": s.now,
		}}
	}
	return []Row{
		{"generations", fox},
		{"generations", waits},
		{"attempts", map[string]any{
			"id": s.id("attempt"), "generation_id": s.id("fox"), "user_id": s.user, "seq": 1, "fence": 1, "provider": "local", "model": "watercolor", "state": "succeeded",
			"external_id": s.id("external"), "handle": []byte(s.mark("handle")), "created_at": s.now, "ended_at": s.now, "asked_deletion_at": s.now,
		}},
		{"judgings", map[string]any{"generation_id": s.id("fox"), "provider": "openai", "subject": "request", "user_id": s.user, "answered": true, "created_at": s.now}},
		image("result", 0, objects.ResultKey(s.user, s.id("fox"), s.id("attempt"), 0, "png"), s.id("attempt")),
		image("reference", 0, objects.ReferenceKey(s.user, s.id("fox"), 0, "png"), nil),
		{"files", map[string]any{"user_id": s.user, "sha256": sha, "form": "photo", "file_id": []byte(s.mark("file_id")), "created_at": s.now}},
		{"reports", map[string]any{"generation_id": s.id("fox"), "user_id": s.user, "reason": "wrong", "created_at": s.now}},
		{"quotes", map[string]any{
			"id": s.id("quote"), "user_id": s.user, "body": []storage.Wish{{Request: s.request(telegramID, "wish"), Model: "local", Operation: "generate", Price: 3}},
			"expires_at": s.now, "used_at": s.now, "created_at": s.now,
		}},
		{"browses", map[string]any{"id": s.id("browse"), "user_id": s.user, "body": storage.Browse{Filter: storage.Filter{Words: s.mark("searched")}, Rows: []string{s.id("fox")}}, "created_at": s.now}},
		{"albums", map[string]any{
			"id": s.id("album"), "lookup": []byte(s.id("lookup")), "user_id": s.user, "status": "used", "closes_at": s.now, "created_at": s.now,
			"body": storage.AlbumWords{Chat: telegramID, Message: 8, Words: s.mark("caption")},
		}},
		{"album_items", map[string]any{"album_id": s.id("album"), "message_id": 8, "body": storage.Picture{ID: s.mark("picture"), Width: 64, Height: 64}}},
		{"writings", map[string]any{
			"id": s.id("writing"), "user_id": s.user, "kind": "improve", "state": "ready", "provider": "openai", "created_at": s.now, "updated_at": s.now, "ended_at": s.now,
			"request": storage.WritingRequest{Chat: telegramID, Text: s.mark("improve")}, "answer": s.mark("improved"),
		}},
	}
}

// money is a purchase of 50 credits, a code for 5, a gift that came back, and what was spent of 10 that were given.
func (s seeds) money() []Row {
	charge, grant := s.mark("charge")+s.run, "welcome:"+strconv.FormatInt(s.user, 10)
	promo := "promo:" + s.id("promo") + ":" + strconv.FormatInt(s.user, 10) + ":1"
	transfer := func(kind, id, counter, ref string, amount, posted, held int64) Row {
		return Row{"transfers", map[string]any{
			"id": id + ref, "kind": kind, "user_id": s.user, "counter": counter, "amount": amount, "posted": posted, "held": held, "ref": ref, "created_at": s.now,
		}}
	}
	return []Row{
		{"orders", map[string]any{
			"id": s.id("order"), "user_id": s.user, "pack": "small", "stars": 50, "credits": 50, "status": "paid", "expires_at": s.now, "created_at": s.now, "paid_at": s.now,
			"period": 2592000, "link": "https://t.me/$" + s.mark("link"), "until_at": s.now, "canceled_at": s.now, "ended_at": s.now,
		}},
		{"payments", map[string]any{
			"charge_id": charge, "order_id": s.id("order"), "user_id": s.user, "stars": 50, "credits": 50, "status": "paid", "recurring": true,
			"first": true, "until_at": s.now, "paid_at": s.now, "created_at": s.now, "updated_at": s.now,
		}},
		{"refunds", map[string]any{
			"id": s.id("refund"), "charge_id": charge, "user_id": s.user, "stars": 50, "credits": 0, "why": "person", "status": "refused", "reason": "too old",
			"created_at": s.now, "updated_at": s.now, "ended_at": s.now,
		}},
		transfer("grant", "grant:", "promo", grant, 10, 10, 0),
		transfer("purchase", "pay:", "stars", charge, 50, 50, 0),
		transfer("grant", "grant:", "promo", promo, 5, 5, 0),
		transfer("gift", "gift:", "gifts", s.id("gift")+":out", 5, -5, 0),
		transfer("gift", "gift:", "gifts", s.id("gift")+":in", 5, 5, 0),
		transfer("hold", "hold:", "revenue", s.id("fox"), 2, 0, 2),
		transfer("capture", "settle:", "revenue", s.id("fox"), 2, -2, -2),
		transfer("hold", "hold:", "revenue", s.id("waits"), 1, 0, 1),
		{"lot_uses", map[string]any{"transfer_id": "settle:" + s.id("fox"), "lot_id": "grant:" + grant, "credits": 2}}, // first: a trigger counts those of lots that are there
		{"lots", map[string]any{"id": "grant:" + grant, "user_id": s.user, "source": "welcome", "credits": 10, "left_": 8, "created_at": s.now}},
		{"lots", map[string]any{"id": "pay:" + charge, "user_id": s.user, "source": "purchase", "charge_id": charge, "credits": 50, "left_": 50, "created_at": s.now}},
		{"lots", map[string]any{"id": "grant:" + promo, "user_id": s.user, "source": "promo", "credits": 5, "left_": 5, "created_at": s.now}},
		{"lot_uses", map[string]any{"transfer_id": "gift:" + s.id("gift") + ":out", "lot_id": "pay:" + charge, "credits": 5}},
		{"lot_uses", map[string]any{"transfer_id": "gift:" + s.id("gift") + ":in", "lot_id": "pay:" + charge, "credits": -5}},
		{"open_holds", map[string]any{"generation_id": s.id("waits"), "user_id": s.user, "amount": 1, "created_at": s.now}},
		{"accounts", map[string]any{"user_id": s.user, "posted": 63, "held": 1}},
	}
}

func (s seeds) help() []Row {
	return []Row{
		{"tickets", map[string]any{"id": s.id("ticket"), "user_id": s.user, "charge_id": s.mark("charge") + s.run, "status": "closed", "created_at": s.now, "closed_at": s.now}},
		{"ticket_words", map[string]any{"id": s.id("words"), "ticket_id": s.id("ticket"), "user_id": s.user, "by_operator": false, "body": s.mark("help"), "created_at": s.now}},
		{"strikes", map[string]any{"id": s.id("strike"), "user_id": s.user, "cause": "rule", "weight": 1, "created_at": s.now, "expires_at": s.now}},
		{"cases", map[string]any{
			"id": s.id("case"), "user_id": s.user, "kind": "prompt", "cause": "gore", "category": "violence", "status": "accepted", "prompt_key": []byte(s.id("prompt")),
			"body": storage.CaseBody{Prompt: s.mark("refused")}, "created_at": s.now, "appealed_at": s.now, "decided_at": s.now,
		}},
	}
}

func (s seeds) talk() []Row {
	member := func(side int, user int64) map[string]any {
		return map[string]any{"conversation_id": s.id("talk"), "side": side, "user_id": user, "last_seq": 1}
	}
	partner := member(1, s.other)
	partner["not_theirs"] = true
	return []Row{
		{"lobby", map[string]any{"user_id": s.user, "lang": "de", "wish": "art", "search": s.id("search"), "since": s.now}},
		{"conversation_members", member(0, s.user)},
		{"conversation_members", partner},
		{"relays", map[string]any{
			"conversation_id": s.id("talk"), "side": 0, "seq": 1, "update_key": s.id("relayed"), "kind": "copy", "status": "dropped", "sources": "12",
			"created_at": s.now, "updated_at": s.now,
		}},
		{"relay_map", map[string]any{"conversation_id": s.id("talk"), "side": 0, "source_message": 12, "target_message": 13, "created_at": s.now}},
		{"chat_people", map[string]any{"user_id": s.user, "met": 3, "paused_until": s.now, "pause_case": s.id("pause"), "pauses": 1, "remind_lang": "de", "remind_at": s.now}},
		{"chat_reports", map[string]any{
			"id": s.id("accused"), "conversation_id": s.id("talk"), "accused": s.user, "reason": "rude", "status": "dismissed", "created_at": s.now, "decided_at": s.now,
			"evidence": []byte(`[{"kind":"text","text":"` + s.mark("evidence") + `"}]`),
		}},
	}
}

func (s seeds) credits() []Row {
	return []Row{
		{"streaks", map[string]any{"user_id": s.user, "day": 20000, "length": 4}},
		{"referrals", map[string]any{"friend_id": s.user, "inviter_id": s.other, "status": "void", "credits": 0, "created_at": s.now, "closed_at": s.now}},
		{"invites", map[string]any{"user_id": s.user, "code": s.mark("invite"), "paid": 1, "created_at": s.now}},
		{"promo_uses", map[string]any{"promo_id": s.id("promo"), "user_id": s.user, "n": 1, "created_at": s.now}},
		{"promo_misses", map[string]any{"user_id": s.user, "misses": 2, "missed_at": s.now}},
		{"gifts", map[string]any{"id": s.id("gift"), "user_id": s.user, "credits": 5, "status": "returned", "expires_at": s.now, "created_at": s.now, "closed_at": s.now}},
		{"credit_orders", map[string]any{
			"id": s.id("given"), "who": "ops", "user_id": s.user, "credits": 5, "status": "refused", "reason": s.mark("reason"), "created_at": s.now, "closed_at": s.now,
		}},
	}
}

func (s seeds) messages(telegramID int64) []Row {
	return []Row{
		{"deliveries", map[string]any{
			"id": s.id("delivery"), "send_key": s.id("send"), "user_id": s.user, "generation_id": s.id("fox"), "kind": "message", "status": "uncertain",
			"body": []byte(`{"chat":` + strconv.FormatInt(telegramID, 10) + `,"text":"` + s.mark("told") + `"}`), "created_at": s.now, "updated_at": s.now, "sent_at": s.now,
			"chat_key": []byte(s.id("chat")),
		}},
		{"deliveries", map[string]any{
			"id": s.id("result"), "send_key": "result:" + s.id("fox"), "user_id": s.user, "generation_id": s.id("fox"), "kind": "result", "status": "sent",
			"created_at": s.now, "updated_at": s.now, "sent_at": s.now, "chat_key": []byte(s.id("chat")),
		}},
		{"message_notes", map[string]any{
			"place": []byte(s.id("place")), "user_id": s.user, "generation_id": s.id("fox"), "n": 0, "body": storage.About{Words: s.mark("note")}, "created_at": s.now,
		}},
		{"announcement_people", map[string]any{"announcement_id": s.id("news"), "user_id": s.user, "status": "sent", "opted_out_at": s.now, "updated_at": s.now}},
		{"web_sessions", map[string]any{"token_key": []byte(s.id("session")), "user_id": s.user, "origin": "telegram", "expires_at": s.now, "ends_at": s.now, "created_at": s.now}},
		{"prepared_messages", map[string]any{"id": s.id("prepared"), "user_id": s.user, "prepared": s.id("message"), "created_at": s.now}},
		{"consumed_actions", map[string]any{"nonce": s.id("nonce"), "user_id": s.user, "consumed_at": s.now}},
	}
}
