# ruff: noqa: E501, RUF001 - letters of many languages
"""Words for near times (`tomorrow`, `gestern`), as the CLDR has them and `babel` has not.

One line for each language; units are separated by `/`, words by `|`, each behind its distance.
"""

from __future__ import annotations

from functools import cache

WORDS = {
    "en": (
        "year:-1=last year|0=this year|1=next year/quarter:-1=last quarter|0=this quarter|1=next "
        "quarter/month:-1=last month|0=this month|1=next month/week:-1=last week|0=this week|1=next "
        "week/day:-1=yesterday|0=today|1=tomorrow/hour:0=this hour/minute:0=this minute/second:0=now"
    ),
    "de": (
        "year:-1=letztes Jahr|0=dieses Jahr|1=nächstes Jahr/quarter:-1=letztes Quartal|0=dieses "
        "Quartal|1=nächstes Quartal/month:-1=letzten Monat|0=diesen Monat|1=nächsten Monat/week:-1=letzte "
        "Woche|0=diese Woche|1=nächste Woche/day:-2=vorgestern|-1=gestern|0=heute|1=morgen|2=übermorgen/hour:0=in"
        " dieser Stunde/minute:0=in dieser Minute/second:0=jetzt"
    ),
    "es": (
        "year:-1=el año pasado|0=este año|1=el próximo año/quarter:-1=el trimestre pasado|0=este trimestre|1=el "
        "próximo trimestre/month:-1=el mes pasado|0=este mes|1=el próximo mes/week:-1=la semana pasada|0=esta "
        "semana|1=la próxima semana/day:-2=anteayer|-1=ayer|0=hoy|1=mañana|2=pasado mañana/hour:0=esta "
        "hora/minute:0=este minuto/second:0=ahora"
    ),
    "fr": (
        "year:-1=l’année dernière|0=cette année|1=l’année prochaine/quarter:-1=le trimestre dernier|0=ce "
        "trimestre|1=le trimestre prochain/month:-1=le mois dernier|0=ce mois-ci|1=le mois prochain/week:-1=la "
        "semaine dernière|0=cette semaine|1=la semaine "
        "prochaine/day:-2=avant-hier|-1=hier|0=aujourd’hui|1=demain|2=après-demain/hour:0=cette "
        "heure-ci/minute:0=cette minute-ci/second:0=maintenant"
    ),
    "it": (
        "year:-1=anno scorso|0=quest’anno|1=anno prossimo/quarter:-1=trimestre scorso|0=questo "
        "trimestre|1=trimestre prossimo/month:-1=mese scorso|0=questo mese|1=mese prossimo/week:-1=settimana "
        "scorsa|0=questa settimana|1=settimana prossima/day:-2=l’altro "
        "ieri|-1=ieri|0=oggi|1=domani|2=dopodomani/hour:0=quest’ora/minute:0=questo minuto/second:0=ora"
    ),
    "nl": (
        "year:-1=vorig jaar|0=dit jaar|1=volgend jaar/quarter:-1=vorig kwartaal|0=dit kwartaal|1=volgend "
        "kwartaal/month:-1=vorige maand|0=deze maand|1=volgende maand/week:-1=vorige week|0=deze week|1=volgende "
        "week/day:-2=eergisteren|-1=gisteren|0=vandaag|1=morgen|2=overmorgen/hour:0=binnen een "
        "uur/minute:0=binnen een minuut/second:0=nu"
    ),
    "pt": (
        "year:-1=ano passado|0=este ano|1=próximo ano/quarter:-1=último trimestre|0=este trimestre|1=próximo "
        "trimestre/month:-1=mês passado|0=este mês|1=próximo mês/week:-1=semana passada|0=esta semana|1=próxima "
        "semana/day:-2=anteontem|-1=ontem|0=hoje|1=amanhã|2=depois de amanhã/hour:0=esta hora/minute:0=este "
        "minuto/second:0=agora"
    ),
    "pl": (
        "year:-1=w zeszłym roku|0=w tym roku|1=w przyszłym roku/quarter:-1=w zeszłym kwartale|0=w tym "
        "kwartale|1=w przyszłym kwartale/month:-1=w zeszłym miesiącu|0=w tym miesiącu|1=w przyszłym "
        "miesiącu/week:-1=w zeszłym tygodniu|0=w tym tygodniu|1=w przyszłym "
        "tygodniu/day:-2=przedwczoraj|-1=wczoraj|0=dzisiaj|1=jutro|2=pojutrze/hour:0=ta godzina/minute:0=ta "
        "minuta/second:0=teraz"
    ),
    "sv": (
        "year:-1=förra året|0=i år|1=nästa år/quarter:-1=förra kvartalet|0=detta kvartal|1=nästa "
        "kvartal/month:-1=förra månaden|0=den här månaden|1=nästa månad/week:-1=förra veckan|0=denna "
        "vecka|1=nästa vecka/day:-2=i förrgår|-1=i går|0=i dag|1=i morgon|2=i övermorgon/hour:0=denna "
        "timme/minute:0=denna minut/second:0=nu"
    ),
    "da": (
        "year:-1=sidste år|0=i år|1=næste år/quarter:-1=sidste kvartal|0=dette kvartal|1=næste "
        "kvartal/month:-1=sidste måned|0=denne måned|1=næste måned/week:-1=sidste uge|0=denne uge|1=næste "
        "uge/day:-2=i forgårs|-1=i går|0=i dag|1=i morgen|2=i overmorgen/hour:0=denne time/minute:0=dette "
        "minut/second:0=nu"
    ),
    "nb": (
        "year:-1=i fjor|0=i år|1=neste år/quarter:-1=forrige kvartal|0=dette kvartalet|1=neste "
        "kvartal/month:-1=forrige måned|0=denne måneden|1=neste måned/week:-1=forrige uke|0=denne uken|1=neste "
        "uke/day:-2=i forgårs|-1=i går|0=i dag|1=i morgen|2=i overmorgen/hour:0=denne timen/minute:0=dette "
        "minuttet/second:0=nå"
    ),
    "fi": (
        "year:-1=viime vuonna|0=tänä vuonna|1=ensi vuonna/quarter:-1=viime neljännesvuonna|0=tänä "
        "neljännesvuonna|1=ensi neljännesvuonna/month:-1=viime kuussa|0=tässä kuussa|1=ensi kuussa/week:-1=viime "
        "viikolla|0=tällä viikolla|1=ensi viikolla/day:-2=toissa "
        "päivänä|-1=eilen|0=tänään|1=huomenna|2=ylihuomenna/hour:0=tämän tunnin aikana/minute:0=tämän minuutin "
        "aikana/second:0=nyt"
    ),
    "cs": (
        "year:-1=minulý rok|0=tento rok|1=příští rok/quarter:-1=minulé čtvrtletí|0=toto čtvrtletí|1=příští "
        "čtvrtletí/month:-1=minulý měsíc|0=tento měsíc|1=příští měsíc/week:-1=minulý týden|0=tento týden|1=příští"
        " týden/day:-2=předevčírem|-1=včera|0=dnes|1=zítra|2=pozítří/hour:0=tuto hodinu/minute:0=tuto "
        "minutu/second:0=nyní"
    ),
    "tr": (
        "year:-1=geçen yıl|0=bu yıl|1=gelecek yıl/quarter:-1=geçen çeyrek|0=bu çeyrek|1=gelecek "
        "çeyrek/month:-1=geçen ay|0=bu ay|1=gelecek ay/week:-1=geçen hafta|0=bu hafta|1=gelecek "
        "hafta/day:-2=evvelsi gün|-1=dün|0=bugün|1=yarın|2=öbür gün/hour:0=bu saat/minute:0=bu "
        "dakika/second:0=şimdi"
    ),
    "ru": (
        "year:-1=в прошлом году|0=в этом году|1=в следующем году/quarter:-1=в прошлом квартале|0=в текущем "
        "квартале|1=в следующем квартале/month:-1=в прошлом месяце|0=в этом месяце|1=в следующем "
        "месяце/week:-1=на прошлой неделе|0=на этой неделе|1=на следующей "
        "неделе/day:-2=позавчера|-1=вчера|0=сегодня|1=завтра|2=послезавтра/hour:0=в этот час/minute:0=в эту "
        "минуту/second:0=сейчас"
    ),
    "uk": (
        "year:-1=минулого року|0=цього року|1=наступного року/quarter:-1=минулого кварталу|0=цього "
        "кварталу|1=наступного кварталу/month:-1=минулого місяця|0=цього місяця|1=наступного "
        "місяця/week:-1=минулого тижня|0=цього тижня|1=наступного "
        "тижня/day:-2=позавчора|-1=учора|0=сьогодні|1=завтра|2=післязавтра/hour:0=цієї години/minute:0=цієї "
        "хвилини/second:0=зараз"
    ),
    "ja": (
        "year:-1=昨年|0=今年|1=来年/quarter:-1=前四半期|0=今四半期|1=翌四半期/month:-1=先月|0=今月|1=来月/week:-1=先週|0=今週|1"
        "=来週/day:-2=一昨日|-1=昨日|0=今日|1=明日|2=明後日/hour:0=1"
        " 時間以内/minute:0=1 分以内/second:0=今"
    ),
    "ko": (
        "year:-1=작년|0=올해|1=내년/quarter:-1=지난 분기|0=이번 분기|1=다음 분기/month:-1=지난달|0=이번 달|1=다음 달/week:-1=지난주|0=이번 주|1=다음"
        " 주/day:-2=그저께|-1=어제|0=오늘|1=내일|2=모레/hour:0=현재 시간/minute:0=현재 분/second:0=지금"
    ),
    "zh": (
        "year:-1=去年|0=今年|1=明年/quarter:-1=上季度|0=本季度|1=下季度/month:-1=上个月|0=本月|1=下个月/week:-1=上周|0=本周|1="
        "下周/day:-2=前天|-1=昨天|0=今天|1=明天|2=后天/hour:0=这一时间"
        " / 此时/minute:0=此刻/second:0=现在"
    ),
    "ar": (
        "year:-1=السنة الماضية|0=السنة الحالية|1=السنة القادمة/quarter:-1=الربع الأخير|0=هذا الربع|1=الربع "
        "القادم/month:-1=الشهر الماضي|0=هذا الشهر|1=الشهر القادم/week:-1=الأسبوع الماضي|0=هذا الأسبوع|1=الأسبوع "
        "القادم/day:-2=أول أمس|-1=أمس|0=اليوم|1=غدًا|2=بعد الغد/hour:0=الساعة الحالية/minute:0=هذه "
        "الدقيقة/second:0=الآن"
    ),
    "he": (
        "year:-1=השנה שעברה|0=השנה|1=השנה הבאה/quarter:-1=הרבעון הקודם|0=הרבעון הזה|1=הרבעון הבא/month:-1=החודש "
        "שעבר|0=החודש|1=החודש הבא/week:-1=השבוע שעבר|0=השבוע|1=השבוע "
        "הבא/day:-2=שלשום|-1=אתמול|0=היום|1=מחר|2=מחרתיים/hour:0=בשעה זו/minute:0=בדקה זו/second:0=עכשיו"
    ),
    "hi": (
        "year:-1=पिछला वर्ष|0=इस वर्ष|1=अगला वर्ष/quarter:-1=अंतिम तिमाही|0=इस तिमाही|1=अगली "
        "तिमाही/month:-1=पिछला माह|0=इस माह|1=अगला माह/week:-1=पिछला सप्ताह|0=इस सप्ताह|1=अगला "
        "सप्ताह/day:-2=परसों|-1=कल|0=आज|1=कल|2=परसों/hour:0=यह घंटा/minute:0=यह मिनट/second:0=अब"
    ),
    "id": (
        "year:-1=tahun lalu|0=tahun ini|1=tahun depan/quarter:-1=Kuartal lalu|0=kuartal ini|1=kuartal "
        "berikutnya/month:-1=bulan lalu|0=bulan ini|1=bulan depan/week:-1=minggu lalu|0=minggu ini|1=minggu "
        "depan/day:-2=kemarin dulu|-1=kemarin|0=hari ini|1=besok|2=lusa/hour:0=jam ini/minute:0=menit "
        "ini/second:0=sekarang"
    ),
    "vi": (
        "year:-1=năm ngoái|0=năm nay|1=năm sau/quarter:-1=quý trước|0=quý này|1=quý sau/month:-1=tháng "
        "trước|0=tháng này|1=tháng sau/week:-1=tuần trước|0=tuần này|1=tuần sau/day:-2=Hôm kia|-1=Hôm qua|0=Hôm "
        "nay|1=Ngày mai|2=Ngày kia/hour:0=giờ này/minute:0=phút này/second:0=bây giờ"
    ),
    "el": (
        "year:-1=πέρσι|0=φέτος|1=επόμενο έτος/quarter:-1=προηγούμενο τρίμηνο|0=τρέχον τρίμηνο|1=επόμενο "
        "τρίμηνο/month:-1=προηγούμενος μήνας|0=τρέχων μήνας|1=επόμενος μήνας/week:-1=προηγούμενη "
        "εβδομάδα|0=τρέχουσα εβδομάδα|1=επόμενη "
        "εβδομάδα/day:-2=προχθές|-1=χθες|0=σήμερα|1=αύριο|2=μεθαύριο/hour:0=τρέχουσα ώρα/minute:0=τρέχον "
        "λεπτό/second:0=τώρα"
    ),
    "ro": (
        "year:-1=anul trecut|0=anul acesta|1=anul viitor/quarter:-1=trimestrul trecut|0=trimestrul "
        "acesta|1=trimestrul viitor/month:-1=luna trecută|0=luna aceasta|1=luna viitoare/week:-1=săptămâna "
        "trecută|0=săptămâna aceasta|1=săptămâna "
        "viitoare/day:-2=alaltăieri|-1=ieri|0=azi|1=mâine|2=poimâine/hour:0=ora aceasta/minute:0=minutul "
        "acesta/second:0=acum"
    ),
    "hu": (
        "year:-1=előző év|0=ez az év|1=következő év/quarter:-1=előző negyedév|0=ez a negyedév|1=következő "
        "negyedév/month:-1=előző hónap|0=ez a hónap|1=következő hónap/week:-1=előző hét|0=ez a hét|1=következő "
        "hét/day:-2=tegnapelőtt|-1=tegnap|0=ma|1=holnap|2=holnapután/hour:0=ebben az órában/minute:0=ebben a "
        "percben/second:0=most"
    ),
}


@cache
def words_of(language: str) -> dict[str, dict[int, str]] | None:
    """Return the words of a language by unit and distance; None for a language whose words are not here."""
    text = WORDS.get(language)
    if text is None:
        return None
    found: dict[str, dict[int, str]] = {}
    for part in text.split("/"):
        unit, _, words = part.partition(":")
        pairs = (word.partition("=") for word in words.split("|"))
        found[unit] = {int(distance): word for distance, _, word in pairs}
    return found
