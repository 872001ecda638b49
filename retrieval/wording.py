"""The few sentences that the program itself says in a chat, in the language of the question."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """``lead_in`` stands before verbatim sentences; ``refusal`` is the whole answer when the document has none."""

    lead_in: str
    refusal: str


def find_wording(language: str | None) -> Wording:
    """The wording in this language (ISO 639-1), else in English."""
    return _WORDINGS.get(language or "en", _WORDINGS["en"])


_WORDINGS = {
    "en": Wording("The document says:", "I can't find an answer to this in the document."),
    "de": Wording("Im Dokument steht:", "Dazu finde ich im Dokument keine Antwort."),
    "fr": Wording("Le document dit :", "Je ne trouve pas de réponse à cette question dans le document."),
    "es": Wording("El documento dice:", "No encuentro la respuesta a esta pregunta en el documento."),
    "pt": Wording("O documento diz:", "Não encontro resposta a esta pergunta no documento."),
    "it": Wording("Il documento dice:", "Non trovo una risposta a questa domanda nel documento."),
    "nl": Wording("In het document staat:", "Ik vind in het document geen antwoord op deze vraag."),
    "pl": Wording("W dokumencie czytamy:", "Nie znajduję w dokumencie odpowiedzi na to pytanie."),
    "cs": Wording("V dokumentu se píše:", "V dokumentu na tuto otázku odpověď nenacházím."),
    "sk": Wording("V dokumente sa píše:", "V dokumente na túto otázku odpoveď nenachádzam."),
    "sv": Wording("I dokumentet står det:", "Jag hittar inget svar på frågan i dokumentet."),
    "da": Wording("I dokumentet står der:", "Jeg finder ikke svar på spørgsmålet i dokumentet."),
    "no": Wording("I dokumentet står det:", "Jeg finner ikke svar på spørsmålet i dokumentet."),
    "fi": Wording("Asiakirjassa sanotaan:", "En löydä asiakirjasta vastausta tähän kysymykseen."),
    "hu": Wording("A dokumentumban ez áll:", "Erre a kérdésre nem találok választ a dokumentumban."),
    "ro": Wording("În document scrie:", "Nu găsesc în document un răspuns la această întrebare."),
    "tr": Wording("Belgede şöyle yazıyor:", "Bu sorunun yanıtını belgede bulamıyorum."),
    "vi": Wording("Tài liệu viết:", "Tôi không tìm thấy câu trả lời cho câu hỏi này trong tài liệu."),
    "id": Wording("Dokumen menyatakan:", "Saya tidak menemukan jawaban atas pertanyaan ini dalam dokumen."),
    "ru": Wording("В документе сказано:", "Я не нахожу ответа на этот вопрос в документе."),
    "uk": Wording("У документі сказано:", "Я не знаходжу відповіді на це запитання в документі."),
    "bg": Wording("В документа пише:", "Не намирам отговор на този въпрос в документа."),
    "el": Wording("Το έγγραφο λέει:", "Δεν βρίσκω απάντηση σε αυτή την ερώτηση στο έγγραφο."),
    "ar": Wording("جاء في المستند:", "لا أجد إجابة عن هذا السؤال في المستند."),
    "fa": Wording("در سند آمده است:", "پاسخی برای این پرسش در سند پیدا نمی‌کنم."),
    "ur": Wording("دستاویز میں لکھا ہے:", "مجھے دستاویز میں اس سوال کا جواب نہیں ملا۔"),
    "he": Wording("במסמך כתוב:", "איני מוצא במסמך תשובה לשאלה הזאת."),
    "hi": Wording("दस्तावेज़ में लिखा है:", "मुझे दस्तावेज़ में इस प्रश्न का उत्तर नहीं मिला।"),
    "bn": Wording("নথিতে লেখা আছে:", "নথিতে এই প্রশ্নের উত্তর খুঁজে পাইনি।"),
    "th": Wording("เอกสารระบุว่า:", "ไม่พบคำตอบของคำถามนี้ในเอกสาร"),
    "zh": Wording("文档中写道：", "文档中没有找到这个问题的答案。"),
    "ja": Wording("文書には次のように書かれています：", "この質問の答えは文書内に見つかりません。"),
    "ko": Wording("문서에는 다음과 같이 적혀 있습니다:", "문서에서 이 질문에 대한 답을 찾을 수 없습니다."),
}
