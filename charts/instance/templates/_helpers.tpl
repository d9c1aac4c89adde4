{{- define "instance.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: mindroom-instance
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{/* What selects a part's pods: never changes, since selectors cannot. */}}
{{- define "instance.selector" -}}
app.kubernetes.io/name: {{ . }}
{{- end }}

{{- define "instance.webHost" -}}
{{ .Values.subdomain }}.{{ .Values.domain }}
{{- end }}

{{- define "instance.matrixHost" -}}
{{ .Values.subdomain }}.matrix.{{ .Values.domain }}
{{- end }}

{{- define "instance.profile" -}}
{{- $profile := get .Values.profiles .Values.profile -}}
{{- required (printf "there is no profile %s" .Values.profile) $profile | toYaml -}}
{{- end }}

{{/* What every pod of an instance has: no token, no privilege, and its settings' digest, so that a change of them
     starts it anew. */}}
{{- define "instance.podMetadata" -}}
labels:
  {{- include "instance.labels" . | nindent 2 }}
annotations:
  mindroom.chat/settings: {{ .settings | sha256sum }}
  mindroom.chat/restart: {{ .root.Values.restart | quote }}
{{- end }}

{{- define "instance.podSpec" -}}
serviceAccountName: instance
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "instance.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
{{- end }}

{{/* A small helper beside the pod's main container. */}}
{{- define "instance.sidecarResources" -}}
requests: {cpu: 10m, memory: 32Mi}
limits: {cpu: 200m, memory: 128Mi}
{{- end }}

{{- define "instance.probe" -}}
httpGet:
  path: {{ .path }}
  port: {{ .port }}
timeoutSeconds: 5
{{- end }}
