package local

// placeWords are landscapes, buildings and rooms, and what hangs in the sky.
const placeWords = `
moon: moon moonlight moonlit lunar / лун лунн полнолун / mond vollmond mondlicht mondschein / =ay =ayın =aya dolunay =mehtap ayışığ / luna lunar
crescent: crescent / полумесяц месяц / mondsichel halbmond / hilal / creciente medialuna
sun: sun sunny sunshine sunlight / солнц солнеч солнышк / sonne sonnig sonnenschein / güneş / =sol soleado soles+
stars: star stars+ starry starlight constellation / звезд звездн звёзд созвезд / stern sterne+ sternenhimmel sternen / yıldız / estrella estrellado
galaxy: galaxy nebula cosmos universe interstellar / галакти- туманност вселен- / galaxie nebula universum weltall kosmos / galaksi nebula evren samanyolu / galaxia nebulosa universo cosmos
space: space / космос косми- =космосе / weltraum / uzay / espacio
comet: comet meteor asteroid / комет метеор астероид / komet meteor sternschnuppe / kuyrukluyıldız göktaşı meteor / cometa meteoro
aurora: aurora borealis / =северное-сияние сияни / polarlicht nordlicht / =kuzey-ışıkları aurora / aurora
rainbow: rainbow / радуг радуж / regenbogen / gökkuşağ / arcoíris arcoiris
clouds: cloud cloudy / облак облачн облач- туч / wolke wolkig / bulut / nube nublado
mountains: mountain peak alps alpine everest cliff summit / гор =гора =гору =горы+ =гор+ горн вершин скал альп утес / berg gebirge gipfel alpen fels / dağ zirve tepe-üstü kayalık / montaña pico sierra cumbre acantilado
volcano: volcano lava eruption / вулкан лав =лава / vulkan lava / volkan yanardağ lav / volcán volcanes+ lava
canyon: canyon gorge mesa / каньон ущель- / schlucht canyon / kanyon / cañón cañones+
waterfall: waterfall cascade / водопад / wasserfall wasserfälle+ / şelale çağlayan / cascada catarata
hills: hill valley / холм долин / hügel tal / tepe tepeler+ vadi / colina valle cerro
field: field meadow prairie steppe grass lawn garden park pasture savanna wheat / пол =поле =поля =полю =полем =полей луг =луг =лугу степ трав газон сад =сад =сада =саду парк =парк пастбищ саванн пшени- / feld wiese rasen garten gras weide park / tarla çayır çimen bahçe park ova / campo prado pradera césped jardín hierba parque trigo
flowers: flower poppy poppies+ tulip daisy daisies+ lavender blossom bloom wildflower / цвет =цветок =цветы+ =цветов+ =цветком цветочн мак =мак =маки+ =маков+ тюльпан ромашк ромашек+ лаванд / blume blüte mohn tulpe lavendel gänseblümchen / çiçek çiçeğ lale gelincik papatya lavanta / flor flores+ amapola tulipán tulipanes+ margarita lavanda
sunflower: sunflower / подсолнух подсолнечник / sonnenblume / ayçiçe- / girasol
rose: rose / роз =роза =розы+ =розу =роз+ / rose / =gül güller+ / =rosa-roja rosal
forest: forest woods woodland taiga grove trees+ pines+ pine firs+ / лес лесн тайг рощ чащ деревья+ деревьев+ сосн сосен+ ели+ =елей+ / wald wälder bäume+ kiefer tannen+ / orman ağaçlar+ çam çamlar+ / bosque árboles+ pino selva-negra
jungle: jungle rainforest tropics / джунгл тропик- / dschungel urwald regenwald / cangıl =yağmur-ormanı balta-girmemiş / selva jungla
tree: tree oak birch willow maple / дерев дуб =дуб =дуба берез клен =клен =ива / baum eiche birke / ağaç ağac meşe çınar / árbol roble abedul
fir: fir spruce / елк ёлк ель елоч- / tanne weihnachtsbaum christbaum / =yılbaşı-ağacı noel-ağacı / abeto
palm: palm / пальм / palme / palmiye / palmera
cactus: cactus cacti+ / кактус / kaktus kakteen+ / kaktüs / cactus =cactus
sea: sea ocean wave surf / мор =море =моря =морю =морем морск океан волн / meer ozean welle =see-meer nordsee ostsee / deniz okyanus dalga / =mar mares océano ola =olas
beach: beach shore coast seaside tropical / пляж берег побереж- тропич- / strand küste ufer / plaj sahil kumsal kıyı / playa costa orilla
island: island isle / остров островок / insel / =ada adalar adası adada / isla islote
iceberg: iceberg glacier floe / айсберг ледник льдин / eisberg gletscher / buzdağ buzul / iceberg glaciar
lake: lake pond river stream fjord lagoon water puddle / озер озёр пруд рек =река =реки =реке =реку реч- руч- фьорд вод =вода =воды =воде =воду =водой лагун / =see =seen seeufer bergsee fluss teich bach wasser fjord / göl ırmak nehir dere su =su =suda suyun gölet / lago río estanque arroyo agua laguna
underwater: underwater submerged seabed deep-sea / подвод- / unterwasser meeresgrund unterwasserwelt / sualtı deniz-dibi / submarino-fondo submarina bajo-el-agua
desert: desert dune sahara sand / пустын дюн бархан песок песк песчан сахар =сахара / wüste düne sand / çöl kumul kum / desierto duna arena
city: city cities+ skyline town urban skyscraper tokyo york cyberpunk metropolis london paris istanbul berlin madrid moscow downtown / город горо- небоскреб мегаполис москв токио стамбул париж лондон берлин / stadt städte wolkenkratzer skyline großstadt / şehir şehr kent gökdelen istanbul / ciudad rascacielos metrópoli
street: street alley road avenue lane / улиц улоч- переул- дорог / straße gasse strasse weg / sokak sokağ cadde yol / calle callejón avenida camino
village: village hamlet / деревн сел =село =селе поселок / dorf dörfer / köy / pueblo aldea
market: market bazaar fair / рын- базар ярмарк / markt jahrmarkt / pazar çarşı / mercado bazar feria
house: house home cabin cottage hut farm barn hobbit / дом =дом =дома+ =доме =дому домик изб хижин ферм коттедж / haus häuser+ hütte häuschen bauernhof / =ev =evi =evler+ evin evde kulübe çiftlik / casa cabaña granja choza casita
castle: castle palace fortress / замок замк дворец дворц крепост / schloss burg festung palast / kale kaleler şato saray / castillo palacio fortaleza
tower: tower / башн / turm türme+ / kule / torre
eiffel: eiffel / эйфел- / eiffelturm / eyfel / eiffel
church: church cathedral chapel monastery / церк храм собор часовн / kirche kapelle dom =dom / kilise katedral / iglesia catedral capilla
mosque: mosque / мечет / moschee / cami =cami camii / mezquita
windmill: windmill mill / мельниц / windmühle mühle / değirmen =yel-değirmeni yeldeğirmen / molino
pagoda: pagoda temple shrine / пагод / pagode tempel / pagoda tapınak tapınağ / pagoda templo
pyramid: pyramid / пирамид / pyramide / piramit / pirámide
bridge: bridge / мост / brücke / köprü / puente
lighthouse: lighthouse beacon / маяк маяч- / leuchtturm leuchttürme+ / =deniz-feneri denizfeneri / faro
tent: tent camp camping / палат- / zelt / çadır / tienda-de-campaña carpa
campfire: campfire bonfire / костер костр / lagerfeuer / =kamp-ateşi kampateşi / hoguera fogata
snowman: snowman snowmen+ / снеговик / schneemann schneemänner+ / kardan-adam =kardanadam / =muñeco-de-nieve
streetlamp: streetlamp lamppost streetlight / =уличный-фонарь фонар / straßenlaterne laterne / sokak-lambası fener / farola
bench: bench / скам- лавочк / bank parkbank / bank =bankta / banco
rock: rock stone boulder / кам- валун / stein felsen / kaya taş / roca piedra
room: room interior living-room indoors attic / комнат интерьер гостин- чердак помещен- / zimmer raum wohnzimmer stube / oda =oda odada odası salon / habitación habitaciones cuarto salón
kitchen: kitchen / кухн / küche / mutfak mutfağ / cocina
library: library bookstore / библиотек / bibliothek bücherei / kütüphane / biblioteca librería
cafe: cafe café coffeehouse restaurant bar pub bakery / кафе кофейн ресторан бар =баре / café cafe kaffeehaus restaurant kneipe / kafe restoran kahvehane / café cafetería restaurante
window: window windowsill / окн окош- подоконник / fenster fensterbank fensterbrett / pencere / ventana alféizar
fireplace: fireplace hearth / камин печк печь / kamin feuerstelle / şömine ocak-başı / chimenea
bookshelf: bookshelf bookshelves bookcase / полк полок шкаф / bücherregal regal / kitaplık raf / estantería estante
armchair: armchair / кресл / sessel / koltuk koltuğ / sillón butaca
sofa: sofa couch / диван / sofa couch / kanepe / sofá
chair: chair stool / стул табурет / stuhl hocker / sandalye / silla taburete
table: table desk / стол столик / tisch / masa / mesa escritorio
bed: bed bedroom / кроват постел спальн / bett schlafzimmer / yatak yatağ / cama dormitorio
stove: stove oven / плит духовк / herd ofen / ocak fırın / estufa horno
piano: piano / пиан- роял / klavier piano / piyano / piano
plant: houseplant potted / =комнатное-растение / zimmerpflanze topfpflanze / saksı / maceta
lamp: lamp / ламп торшер / lampe / lamba / lámpara
`
