{{/* What a new instance begins with; afterwards the file is the customer's, who changes it in the dashboard. One
     assistant in one room, which the owner is invited to and finds on the first sign-in. */}}
{{- define "mindroom.config" -}}
models:
  default: {provider: openai, id: {{ .Values.model.id | quote }}}
agents:
  assistant:
    display_name: Assistant
    role: {{ printf "Help the team of %s with whatever it asks." .Values.title | quote }}
    model: default
    rooms: [lobby]
rooms:
  # With a description, or MindRoom asks the model for one before it makes the room.
  lobby: {display_name: Lobby, description: Where everybody meets the assistant}
router: {model: default}
administrators: [{{ .Values.ownerMatrixId | quote }}]
room_defaults:
  invite_users: [{{ .Values.ownerMatrixId | quote }}]
  admins: [{{ .Values.ownerMatrixId | quote }}]
# In files: the other kind asks OpenAI itself to place each text, whoever the provider is.
memory: {backend: file}
{{- end }}

{{- define "mindroom.environment" -}}
- {name: HOME, value: /data/home}
- {name: MATRIX_HOMESERVER, value: "http://synapse:8008"}
- {name: MATRIX_SERVER_NAME, value: {{ include "instance.webHost" . }}}
- {name: MATRIX_REGISTRATION_SHARED_SECRET_FILE, value: /secrets/registration}
- {name: MINDROOM_CONFIG_PATH, value: /data/config/config.yaml}
- {name: MINDROOM_STORAGE_PATH, value: /data/store}
- {name: MINDROOM_PUBLIC_URL, value: "https://{{ include "instance.webHost" . }}"}
- {name: OPENAI_API_KEY, valueFrom: {secretKeyRef: {name: instance-mindroom, key: model}}}
{{- with .Values.model.url }}
- {name: OPENAI_BASE_URL, value: {{ . | quote }}}
{{- end }}
{{- if .Values.gate.enabled }}
- {name: MINDROOM_TRUSTED_UPSTREAM_AUTH_ENABLED, value: "true"}
- {name: MINDROOM_TRUSTED_UPSTREAM_JWT_HEADER, value: X-Instance-Token}
- {name: MINDROOM_TRUSTED_UPSTREAM_JWKS_URL, value: "{{ .Values.gate.internalUrl }}/instance-access/jwks.json"}
- {name: MINDROOM_TRUSTED_UPSTREAM_JWT_AUDIENCE, value: {{ .Values.instanceId | quote }}}
- {name: MINDROOM_TRUSTED_UPSTREAM_JWT_ISSUER, value: {{ .Values.gate.url | quote }}}
- {name: MINDROOM_TRUSTED_UPSTREAM_JWT_EMAIL_CLAIM, value: email}
- {name: MINDROOM_TRUSTED_UPSTREAM_JWT_USER_ID_CLAIM, value: sub}
- {name: MINDROOM_TRUSTED_UPSTREAM_JWT_MATRIX_USER_ID_CLAIM, value: matrix_user_id}
{{- else }}
- {name: MINDROOM_API_KEY, valueFrom: {secretKeyRef: {name: instance-mindroom, key: dashboard}}}
{{- end }}
{{- end }}
