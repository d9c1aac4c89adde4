//! What a client asks. Fields that change nothing here (temperature, seed, user …) are taken and left unread.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::error::Error;
use crate::models;

/// Fewer than OpenAI's 128: they are all alike here.
const MAX_CHOICES: u32 = 16;

/// A conversation to answer.
#[derive(Deserialize)]
pub(crate) struct Chat {
    #[serde(default)]
    pub(crate) model: String,
    #[serde(default)]
    pub(crate) messages: Vec<Message>,
    pub(crate) stream: Option<bool>,
    pub(crate) stream_options: Option<StreamOptions>,
    /// How many answers.
    n: Option<u32>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    stop: Option<Stop>,
    #[serde(default)]
    tools: Option<Vec<Tool>>,
    tool_choice: Option<ToolChoice>,
    pub(crate) response_format: Option<ResponseFormat>,
}

/// What a stream holds beside the answer.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: Option<bool>,
}

/// One message of the conversation.
#[derive(Deserialize)]
pub(crate) struct Message {
    pub(crate) role: Role,
    content: Option<Content>,
}

/// Who says it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    Function,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Several(Vec<String>),
}

/// Something that the model may ask the client to do.
#[derive(Deserialize)]
struct Tool {
    function: Option<Function>,
}

/// A function of the client's.
#[derive(Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The JSON schema of its arguments.
    pub(crate) parameters: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ToolChoice {
    Word(String),
    Named {
        function: FunctionName,
    },
    /// Other kinds of choice, which force no function.
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct FunctionName {
    name: String,
}

/// The form that the answer must have.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema { json_schema: NamedSchema },
}

/// A schema with its name.
#[derive(Deserialize)]
pub(crate) struct NamedSchema {
    pub(crate) schema: Option<Value>,
}

impl Chat {
    /// Refuses what a provider would.
    pub(crate) fn check(&self) -> Result<(), Error> {
        models::check_name(&self.model)?;
        if self.messages.is_empty() {
            return Err(Error::field("messages", "'messages' must not be empty."));
        }
        if !(1..=MAX_CHOICES).contains(&self.choices()) {
            return Err(Error::field("n", "'n' must be from 1 to 16."));
        }
        if self.max_tokens() == Some(0) {
            return Err(Error::field(
                "max_tokens",
                "'max_tokens' must be at least 1.",
            ));
        }
        match &self.tool_choice {
            Some(ToolChoice::Named { .. }) if self.forced_function().is_none() => Err(
                Error::field("tool_choice", "'tool_choice' names no function of 'tools'."),
            ),
            Some(ToolChoice::Word(word))
                if word == "required" && self.functions().next().is_none() =>
            {
                Err(Error::field(
                    "tool_choice",
                    "'tool_choice' requires a function, and 'tools' has none.",
                ))
            }
            Some(ToolChoice::Word(word))
                if !matches!(word.as_str(), "none" | "auto" | "required") =>
            {
                Err(Error::field("tool_choice", "'tool_choice' is unknown."))
            }
            _ => Ok(()),
        }
    }

    /// How many answers are wanted.
    pub(crate) fn choices(&self) -> u32 {
        self.n.unwrap_or(1)
    }

    /// The longest that the answer may be.
    pub(crate) fn max_tokens(&self) -> Option<u64> {
        self.max_completion_tokens.or(self.max_tokens)
    }

    /// Texts before which the answer ends.
    pub(crate) fn stops(&self) -> &[String] {
        match &self.stop {
            None => &[],
            Some(Stop::One(text)) => std::slice::from_ref(text),
            Some(Stop::Several(texts)) => texts,
        }
    }

    /// The function that the client demands to be called. Offered ones are left alone: whether a call helps is a
    /// matter of understanding, and there is none here.
    pub(crate) fn forced_function(&self) -> Option<&Function> {
        match self.tool_choice.as_ref()? {
            ToolChoice::Word(word) if word == "required" => self.functions().next(),
            ToolChoice::Named { function } => self
                .functions()
                .find(|offered| offered.name == function.name),
            ToolChoice::Word(_) | ToolChoice::Other(IgnoredAny) => None,
        }
    }

    fn functions(&self) -> impl Iterator<Item = &Function> {
        let tools = self.tools.iter().flatten();
        tools.filter_map(|tool| tool.function.as_ref())
    }
}

impl Message {
    /// Its text, pictures and the like left out.
    pub(crate) fn text(&self) -> String {
        match &self.content {
            None => String::new(),
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => {
                let texts = parts.iter().filter(|part| part.kind == "text");
                let texts: Vec<&str> = texts.map(|part| part.text.as_str()).collect();
                texts.join("\n")
            }
        }
    }
}
