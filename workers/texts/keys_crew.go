package texts

// Texts for operators with commands of their own.
const (
	CommandCrewStats    Key = "command.crew_stats"
	CommandCrewStatus   Key = "command.crew_status"
	CommandCrewBan      Key = "command.crew_ban"
	CommandCrewUnban    Key = "command.crew_unban"
	CommandCrewRefund   Key = "command.crew_refund"
	CommandCrewPause    Key = "command.crew_pause"
	CommandCrewResume   Key = "command.crew_resume"
	CommandCrewAudit    Key = "command.crew_audit"
	CommandCrewIncident Key = "command.crew_incident"
	// MessageCrewStats: figures of today: People there are, New and Active ones; generations Made, Failed (Percent of them), Refused and Open; Stars paid, and
	// those that went Back; Cost and Margin in dollars; Rows of queues in which something waits.
	MessageCrewStats Key = "message.crew_stats"
	// MessageCrewStatus: a row for each provider.
	MessageCrewStatus Key = "message.crew_status"
	// MessageCrewAudit: what operators did last.
	MessageCrewAudit Key = "message.crew_audit"
	// MessageCrewHow: how a command is written.
	MessageCrewHow Key = "message.crew_how"
	// MessageCrewAsk: asks for the reason. What: one of the notes below.
	MessageCrewAsk Key = "message.crew_ask"
	// MessageCrewDone: it is done. Why: the reason.
	MessageCrewDone Key = "message.crew_done"
	// MessageCrewNot: it was not. Reason: in English.
	MessageCrewNot Key = "message.crew_not"
	// MessageCrewQueues: which queue.
	MessageCrewQueues Key = "message.crew_queues"
	// MessageCrewNoQueue: none is paused.
	MessageCrewNoQueue Key = "message.crew_no_queue"
	// MessageCrewIncidents: the incidents that last, and how one begins. Rows: RowCrewIncident each.
	MessageCrewIncidents Key = "message.crew_incidents"
	// RowCrewIncident: an incident: Title, Impact, Stage, When it began.
	RowCrewIncident Key = "row.crew_incident"
	// MessageCrewMore: asks what everybody is to read about an incident, as RowCrewIncident has it.
	MessageCrewMore Key = "message.crew_more"
	// MessageCrewTell: shows what everybody would read of a new incident, and asks how bad it is. Title, Words; Parts that are
	// affected, Languages it is said in.
	MessageCrewTell Key = "message.crew_tell"
	// MessageCrewSay: the same of one there is, and asks how far it has come.
	MessageCrewSay Key = "message.crew_say"
	// MessageCrewTold: everybody can read it. What: a note below; How: a button.
	MessageCrewTold Key = "message.crew_told"
	// NoteCrewBan and the notes below it say what is to be done. Name: a hashed person, a payment, a queue, a provider; Term of a ban
	// that ends by itself, or empty.
	NoteCrewBan    Key = "note.crew_ban"
	NoteCrewUnban  Key = "note.crew_unban"
	NoteCrewRefund Key = "note.crew_refund"
	NoteCrewPause  Key = "note.crew_pause"
	NoteCrewResume Key = "note.crew_resume"
	NoteCrewOff    Key = "note.crew_off"
	NoteCrewOn     Key = "note.crew_on"
	NoteCrewTell   Key = "note.crew_tell"
	NoteCrewSay    Key = "note.crew_say"
	// ButtonCrewSpam and the buttons below it are reasons.
	ButtonCrewSpam        Key = "button.crew_spam"
	ButtonCrewAbuse       Key = "button.crew_abuse"
	ButtonCrewFraud       Key = "button.crew_fraud"
	ButtonCrewMistake     Key = "button.crew_mistake"
	ButtonCrewGoodwill    Key = "button.crew_goodwill"
	ButtonCrewIncident    Key = "button.crew_incident"
	ButtonCrewMaintenance Key = "button.crew_maintenance"
	ButtonCrewCost        Key = "button.crew_cost"
	// ButtonCrewNotice and the two below it are how bad an incident is, the four after them how far it has come.
	ButtonCrewNotice        Key = "button.crew_notice"
	ButtonCrewDegraded      Key = "button.crew_degraded"
	ButtonCrewOutage        Key = "button.crew_outage"
	ButtonCrewInvestigating Key = "button.crew_investigating"
	ButtonCrewIdentified    Key = "button.crew_identified"
	ButtonCrewMonitoring    Key = "button.crew_monitoring"
	ButtonCrewResolved      Key = "button.crew_resolved"
)
