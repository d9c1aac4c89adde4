/** The privacy notice and the terms, by sections. Whoever runs the platform for others adapts them to their law. */
export interface LegalDocument {
  title: string;
  lead: string;
  sections: readonly { title: string; paragraphs: readonly string[] }[];
}

export const privacy: LegalDocument = {
  title: "Privacy",
  lead: "What we keep, why, and for how long. In short: what is needed to run your instances, and nothing for advertising.",
  sections: [
    {
      title: "What we keep about you",
      paragraphs: [
        "Your e-mail address and a hash of your password, to let you in. Names, if you tell them.",
        "Your plan and its payments. Card numbers go to our payment provider, Stripe, and never to us.",
        "Your instances: their address, status, versions and how they answered our health checks, so that we can run and repair them.",
        "What was done to your account and when, with the network address that it was done from, so that misuse can be found.",
      ],
    },
    {
      title: "What is in your instance",
      paragraphs: [
        "Rooms, messages, files and what agents remember lie in your instance’s own database and storage. They belong to you. We do not read them, and they are shared with no other customer.",
        "What an agent is asked goes to the provider of the model that you chose for it. Their notice applies there.",
      ],
    },
    {
      title: "What this website does",
      paragraphs: [
        "It loads nothing from other companies: no trackers, no advertising, no fonts or scripts from elsewhere.",
        "Your browser keeps your session and your choice of appearance until you sign out or clear them.",
      ],
    },
    {
      title: "How long",
      paragraphs: [
        "The data of a deleted instance is removed within seven days of its deletion.",
        "What belongs to your account is kept as long as the account. Invoices are kept as long as the law wants them.",
      ],
    },
    {
      title: "Your rights",
      paragraphs: [
        "You may see, correct, export and delete what we keep about you. Write to us, and we do it within a month.",
      ],
    },
  ],
};

export const terms: LegalDocument = {
  title: "Terms",
  lead: "What you can expect from us and what we expect from you.",
  sections: [
    {
      title: "The service",
      paragraphs: [
        "We run MindRoom instances for you: a Matrix homeserver, agents and a dashboard, within the limits of your plan.",
        "We keep them running, updated and apart from other customers’ instances. Status and trouble are shown on the instance’s page.",
      ],
    },
    {
      title: "Your account",
      paragraphs: [
        "Keep your password to yourself and your address up to date. What is done with your account counts as yours.",
      ],
    },
    {
      title: "Payment",
      paragraphs: [
        "Plans are paid in advance, by month or year. The free days come once per account; cancel before they end and nothing is charged.",
        "A plan goes on until you cancel it, and then ends with the period that is paid. When a payment fails we tell you and try again before anything stops.",
      ],
    },
    {
      title: "Fair use",
      paragraphs: [
        "Do not use the service to break the law, to harm others or to attack systems. Instances that do are stopped.",
        "Agents make mistakes. Check what matters before you rely on it.",
      ],
    },
    {
      title: "The end",
      paragraphs: [
        "You may delete your instances and your account at any time. We may end the service with a month’s notice, and give you the time to take your data with you.",
      ],
    },
  ],
};
