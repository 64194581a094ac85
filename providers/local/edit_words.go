package local

// changes are what an edit can be asked for, beside a style, a mood, and what a scene has: an hour, a season, a weather,
// a color. Later rows do not take what earlier, longer phrases said.
func changes() []wish {
	return []wish{
		{"gray", "black_and_white black_white monochrom- grayscal- greyscal- bw b_w noir desaturate черно_бел- чб ч_б монохром- schwarz_weiss " +
			"schwarzweiss- grau siyah_beyaz- tek_renk blanco_y_negro monocrom-"},
		{"sepia", "sepia- сепи- sepya-"},
		{"warm", "warm warmer warmth тепл- потепл- warme- warmer- sicak calid-"},
		{"cold", "cold colder cool cooler холодн- похолодн- kalt- kuhl- kalter- soguk- serin- frio- fria- mas_frio"},
		{"bright", "bright brighter brighten lighter lighten ярче светл- посветл- осветл- heller hell aufhell- parlak- aydinlat- daha_acik " +
			"mas_clar- aclar- brillan- ilumin-"},
		{"dark", "dark darker darken dim темн- потемн- затемн- dunkel- dunkler- abdunk- karanlik- karart- koyu- oscur- oscurec-"},
		{"soft", "softer_contrast soft_contrast weicher-_kontrast мягк-_контраст- less_contrast low_contrast lower_contrast lower_._contrast reduce_._contrast меньше_контраст- weniger_kontrast- " +
			"daha_az_kontrast- menos_contraste faded matte"},
		{"contrast", "contrast- more_contrast increase_._contrast контраст- больше_контраст- kontrast- mehr_kontrast contraste- mas_contraste"},
		{"vivid", "vivid vibrant saturat- more_color- more_colour- mas_color- mehr_farbe больше_цвет- daha_renkli colorful colourful насыщ- сочн- красочн- kraftig- gesattigt- farbenfroh- " +
			"bunt- canli- doygun- vivo viva vivos vivas satur- colorid-"},
		{"muted", "muted less_color- less_satur- pale washed_out приглуш- блекл- бледн- gedampft- blass- soluk mate apagad- menos_color- palid-"},
		{"sharp", "sharp sharper sharpen- crisp резк- резче четк- четче scharf- scharfe- keskin- netlestir- nitid- afil- enfoca-"},
		{"ground blur", "blur-_._background- blurred_background blurry_background bokeh background_blur- background_out_of_focus depth_of_field " +
			"размыт-_фон- размой_._фон- размы-_фон- фон_._размы- боке hintergrund_._unscharf- hintergrund_._verschwimm- " +
			"hintergrund_._weichzeichn- unscharf-_hintergrund- verschwommen-_hintergrund- arka_plan-_._bulan- arkaplan-_._bulan- " +
			"bulanik_arka_plan- desenfoc-_._fondo difumin-_._fondo fondo_desenfoc- fondo_difumin- fondo_borros-"},
		{"ground", "background- backdrop- фон фона фону фоном фоне hintergrund- arka_plan- arkaplan- fondo fondos"},
		{"add", "add adding put insert draw добавь- добавить поставь посади нарисуй помести пририсуй fuge hinzu setz- zeichne male ekle ekleyin koy ciz " +
			"anade anadir agrega- pon ponle ponga dibuja pinta coloca"},
		{"sky", "sky skies небо неба небу небом himmel- gokyuzu- cielo"},
		{"blur", "blur- out_of_focus размы- unscharf- verschwomm- weichzeichn- bulanik- bulaniklas- desenfoc- difumin- borros-"},
		{"invert", "invert- negative negatif negativ- инверт- негатив- umkehr- umgekehrt-_farb- tersine- ters_renk- invertir invertid- negativo"},
		{"flop", "upside_down flip_vertical- flip_._vertically vertical_flip вверх_ногами вверх_тормашк- auf_den_kopf kopfuber bas_asagi- " +
			"boca_abajo de_cabeza voltea-_vertical-"},
		{"flip", "flip- mirror- отрази- отзеркал- зеркал- spiegel- gespiegelt- aynala- ayna_goruntu- ayna yansit- espej- voltea- reflej-"},
		{"turn left", "rotate_._left turn_._left rotate_counter- counterclockwise anticlockwise поверни_._влево поверн-_._влево против_часовой " +
			"nach_links_dreh- dreh-_._links gegen_den_uhrzeigersinn sola_dondur- sola_cevir- saat_yonunun_tersine " +
			"gira-_._izquierda rota-_._izquierda antihorario"},
		{"turn around", "rotate_._180 turn_._180 поверн-_._180 dreh-_._180 180_derece- 180_grad- 180_grado- gira-_._180 rota-_._180"},
		{"turn right", "rotate- turn_._right clockwise 90_degrees поверн- по_часовой drehen dreh_._rechts dreh_um dreh_das uhrzeigersinn dondur- " +
			"saga_cevir- saat_yonu- gira girar girala rota rotar"},
		{"left half", "left_half left_side_only crop_._left keep_._left левую_половин- левая_половин- левую_часть обрежь_._слева linke-_halfte " +
			"linke-_seite sol_yari- sol_taraf- mitad_izquierda parte_izquierda"},
		{"right half", "right_half crop_._right keep_._right правую_половин- правая_половин- правую_часть обрежь_._справа rechte-_halfte rechte-_seite " +
			"sag_yari- sag_taraf- mitad_derecha parte_derecha"},
		{"top half", "top_half upper_half crop_._top верхн-_половин- верхн-_часть obere-_halfte ust_yari- mitad_superior parte_superior"},
		{"bottom half", "bottom_half lower_half crop_._bottom нижн-_половин- нижн-_часть untere-_halfte alt_yari- mitad_inferior parte_inferior"},
		{"4:3", "4_3 landscape_format landscape_orientation crop_._landscape альбомн- горизонтальн-_формат querformat yatay_format yatay_kirp- " +
			"formato_horizontal apaisad-"},
		{"3:4", "3_4 portrait_format portrait_orientation portrait_mode crop_._portrait портретн-_формат- вертикальн-_формат- hochformat dikey_format " +
			"dikey_kirp- portre_formati formato_vertical formato_retrato"},
		{"3:2", "3_2"},
		{"16:9", "16_9 widescreen wide_screen широкоэкран- широкоформат- breitbild- genis_ekran pantalla_ancha panoram-"},
		{"9:16", "9_16 story_format stories_format вертикальн- сторис"},
		{"1:1", "square- 1_1 квадрат- quadrat- kare kare_kirp- cuadrad- crop- обреж- zuschneid- beschneid- kirp- recort-"},
		{"zoom", "zoom- closer close_up closeup приблиз- крупн-_план- крупнее ближе heranzoom- naher nahaufnahme yakinlas- yakin_cekim acerca- " +
			"primer_plano"},
		{"frame", "frame- border- passepartout рамк- рамоч- окантов- rahmen- gerahmt- umrand- cerceve- kenarlik- marco enmarc- borde bordes"},
		{"vignette", "vignett- виньет- vignettier- vinyet- vinet-"},
	}
}
