"""What ends with a full stop without ending a sentence."""

# In any language: titles, references and units that are written alike almost everywhere.
_COMMON = (
    "dr prof mr mrs ms st vs etc ca cf al ed eds fig no nr vol pp p inc ltd co corp jr sr dept tel e.g i.e a.m p.m"
)

_BY_LANGUAGE = {
    "en": """gen col maj capt lt sgt rev hon pres gov sen rep adm jan feb mar apr jun jul aug sep sept oct nov dec mon tue
        wed thu fri sat sun approx est min max misc ave blvd rd assn bros univ esp viz resp incl sec ch art u.s u.k u.n e.u
        d.c ph.d b.a m.a""",
    "de": """abb abk abs abt akad allg amtl anm art aufl bd bearb begr bes bez bspw bzgl bzw d.h d.i dipl-ing e.v evtl exkl
        f ff fr frl geb gegr ggf hl hr hrsg i.a i.d.r i.v inkl ing insb jan jh jhd kap lt lfd max min mind mio mrd m.e nov
        dez okt sept aug jul jun mär feb n.chr o.ä o.g od pos rd s s.o s.u sog sp std str u u.a u.ä u.u usf usw v.a v.chr
        vgl wg z z.b z.t z.zt zit zz zzgl""",
    "fr": """m mm mme mlle me mgr av apr art bd bibl boul c.-à-d chap éd env ex fasc hab intro janv févr juil sept oct nov
        déc l n° obs p.ex réf s sq ss suiv t tél trad v""",
    "es": """sra srta d dña dra lic ing arq av avda art cap cía dep ee.uu ej entlo gral izq núm p.ej pág págs pdo pdte prov
        ref s.a sto sta tfno ud uds ult vd vds""",
    "it": """sig sigg sig.ra sig.na dott dott.ssa prof.ssa avv ing arch geom rag on art artt cap cfr ecc es fig ibid lett
        mons n nn pag pagg par s ss sec seg segg tav v p.es d.c a.c""",
    "nl": """afb afd afk afz alg blz bijv bv b.v bl d.d d.m.v d.w.z dhr mevr mw drs ds e.d e.a e.v enz excl feb fr ft geb
        gem hfst i.p.v i.v.m incl ir jl jr m.b.t m.b.v m.n max mej mgr min mln mld mr n.a.v nl nov o.a o.l.v okt ong
        plm red resp sept t.a.v t.o.v t/m v.a v.chr vgl vnl zgn""",
    "pt": """sra srta dra d exmo exma eng arq av art cap cia depto ed etc ex fl fls nº núm obs p.ex pág págs séc sr srs
        tel v.s v.exa r prof prof.ª""",
    "sv": """bl.a d.v.s dvs e.kr f.kr f.d exkl ev fr fr.o.m forts gm ggr inkl jfr kl kr m.a.o m.fl m.m max min milj o.d
        o.s.v osv p.g.a red resp s s.k st t.ex t.o.m tr u.a v""",
    "da": """bl.a d.v.s dvs e.kr f.eks f.kr ekskl evt fhv fr frk hr inkl jf kap kl kr max min m.a.o m.fl m.m m.v maks mia
        mio nr o.l osv pga pkt red s s.u sml st ta tlf vedr""",
    "no": """bl.a d.v.s dvs e.kr f.eks f.kr ekskl evt frk fr hr inkl jf kap kl kr maks min m.a.o m.fl m.m mill mrd nr
        osv pga pkt red s st tlf vedr""",
    "fi": """ao eaa eaaj em esim huom ie ilm jaa jne jms ko kk klo ks l lk milj mm mrd ns nyk oik os p.o s se tjsp tms ts
        v vrt ym yms yo""",
    "pl": """ang art b bp br cd cdn cm ds dz f godz gr hab im inż itd itp jw kan kg km kpt ks l lek m mgr mies min mkw
        mld mln mł m.in np nt ob ok os p.n.e pkt pl płk por poz pt r red rys s str św t tj tys tzn tzw ub ul ur w wg
        woj wyd zł zm zob""",
    "cs": """apod atd atp bc cca č čj čl dr fa hod ing ir judr kap kč kupř max mgr mil min mj mld mudr mvdr n nám např
        nl n.l n.o obr odd odst okr ot par phdr pí pol popř pozn př př.n.l r resp rndr s sl sp st str sv tab tel tj tř
        tzn tzv ul vl vyd zn zv""",
    "sk": """apod atď atp čl hod ing judr kap max mgr mil min mld mudr n.l nám napr obr odd odst phdr pol pozn pr r resp
        rndr s st str sv tab tel t.j tj tzn tzv ul vyd""",
    "hu": """bp dr du i ie ifj id kb kft közp kr u.n m min nr nyrt özv p pl pld sz szt stb tel ti ui ún ú.n u v vö zrt""",
    "ro": """art bd cap cca dl dna dra dvs ex gen ing jud lt mil min mld nr op.cit ord pag pct pt s.a str ș.a șos tel
        vol""",
    "tr": """alb apt as av bkz bl böl bulv cad çev doç dz ecz ed gen gör haz hz ing is kim kit koor kur mah min müh no
        ö.s ord org öğr ör örn pl s sn sok str şti tel tic tuğ uzm v vb vd yard yay yrd yy yüz""",
    "ru": """г гг в вв др е ж и.о им ин к кв коп корп кн км л лит м млн млрд н н.э напр о обл оз п пер пл пос пр проф
        р рис руб с св см соч ср ст стр т т.д т.е т.к т.н т.п табл тов тыс ул ф-т ч экз""",
    "uk": """акад англ бл буд в вид вв вул г га гл гр грн див доц ж ін ім к кв кн коп м мал млн млрд напр н.е о обл оп
        п пл пор проф пр р рис рр руб с св см ст стор т т.д т.зв т.і т.п табл тис ун-т ч шт""",
    "bg": """акад бул г гр др дм доц ел ж инж кв кн км лв м мин млн млрд напр н.е о обл пл проф пр.хр сек св сл ст стр
        т т.е т.н т.нар табл тел ул фиг ч""",
    "el": """αι αρ βλ γρ δηλ δρ εκ εκδ κ κα κ.ά κ.λπ κ.ο.κ κεφ κλπ κτλ λ.χ μ.μ μ.χ ν.δ π.δ π.μ π.χ σ σελ στ τ τ.μ τηλ
        τομ χλμ χιλ""",
}

_COMMON_SET = frozenset(_COMMON.split())
ABBREVIATIONS = {language: _COMMON_SET | frozenset(words.split()) for language, words in _BY_LANGUAGE.items()}

# Where a number and a full stop are an ordinal number: `am 3. Oktober`.
ORDINALS = frozenset("de da no fi cs sk pl hu hr sl tr et lv".split())


def of(language: str) -> frozenset[str]:
    """The abbreviations of a language, in lower case and without their last full stop."""
    return ABBREVIATIONS.get(language, _COMMON_SET)
