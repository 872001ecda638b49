"""The code samples of the API page, for one server and one token. They are the published ones with our own host."""

SUBMIT = """curl -X POST {host}/api/v1/ocr/ \\
  -H "Authorization: Bearer {token}" \\
  -F "file=@invoice.pdf" \\
  -F "tier=cpu" \\
  -F "language=auto\""""

RESULT = """curl {host}/api/v1/ocr/UUID/ \\
  -H "Authorization: Bearer {token}\""""

DOWNLOAD = """curl -L "{host}/api/v1/ocr/UUID/download/?format=docx" \\
  -H "Authorization: Bearer {token}" -o result.docx"""

CHAT = """curl -X POST {host}/api/v1/chat/UUID/ \\
  -H "Authorization: Bearer {token}" \\
  -H "Content-Type: application/json" \\
  -d '{{"message": "What is the invoice total and due date?"}}'"""

HISTORY = """curl {host}/api/v1/chat/UUID/history/ \\
  -H "Authorization: Bearer {token}\""""

PYTHON = """import requests, time

API = "{host}/api/v1/ocr/"
H = {{"Authorization": "Bearer {token}"}}

# Submit
with open("invoice.pdf", "rb") as f:
    job = requests.post(API, headers=H,
        files={{"file": f}}, data={{"tier": "cpu"}}).json()

# Poll until done
while job["status"] in ("pending", "processing"):
    time.sleep(2)
    job = requests.get(API + job["uuid"] + "/", headers=H).json()

print(job["markdown"])

# Download as DOCX
r = requests.get(API + job["uuid"] + "/download/",
                 headers=H, params={{"format": "docx"}})
open("result.docx", "wb").write(r.content)"""

NODE = """import fs from "fs";

const API = "{host}/api/v1/ocr/";
const H = {{ Authorization: "Bearer {token}" }};

const form = new FormData();
form.append("file", new Blob([fs.readFileSync("invoice.pdf")]), "invoice.pdf");
form.append("tier", "cpu");

let job = await (await fetch(API, {{ method: "POST", headers: H, body: form }})).json();

while (["pending", "processing"].includes(job.status)) {{
  await new Promise(r => setTimeout(r, 2000));
  job = await (await fetch(API + job.uuid + "/", {{ headers: H }})).json();
}}
console.log(job.markdown);"""

CLIENT = """from gradio_client import Client, handle_file

client = Client("{host}/", headers={{"Authorization": "Bearer {token}"}})

job = client.predict(handle_file("invoice.pdf"), api_name="/ocr")
print(job["markdown"])

answer = client.predict(job["uuid"], "What is the total?", api_name="/chat")
print(answer["message"]["content"])"""

MCP = """claude mcp add --transport http ocr-chat {host}/mcp \\
  --header "Authorization: Bearer {token}\""""

JOB = """{
  "uuid": "9f2c1b7e4a...",
  "status": "done",
  "tier": "cpu",
  "language": "auto",
  "page_count": 1,
  "mean_confidence": 0.98,
  "text": "INVOICE\\nAcme Corp\\nTotal: 215.00 USD",
  "markdown": "# INVOICE\\n\\n**Acme Corp** ...",
  "pages": [ { "index": 0, "text": "...",
    "blocks": [ { "text": "...", "bbox": [96, 80, 402, 131], "confidence": 0.98 } ] } ]
}"""

ANSWER = """{"conversation": "a1b2c3d4...", "message": {
   "role": "assistant",
   "content": "The total is $42, due on March 3 (p. 1).",
   "citations": [{"page": 1, "snippet": "The invoice total is $42, due on March 3."}]
}}"""

ERROR = """{"error": "This needs 3 credits; you have 1 of 50 left today. ...",
 "code": "quota_exceeded", "used": 49, "cap": 50, "required": 3, "resets_at": "2026-12-01T00:00:00+00:00"}"""
