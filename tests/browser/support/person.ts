// People who have an account already.

import { ask, newPerson, type Person, type Platform } from "./platform";

/** Signs a new person up without a browser. */
export async function signUpByApi(platform: Platform): Promise<Person> {
  const person = newPerson();
  const { email, password } = person;
  const answer = await ask(`${platform.auth}/auth/v1/signup`, {
    method: "POST",
    json: { email, password },
    headers: { apikey: platform.publishable_key },
  });
  if (answer.status !== 200) throw new Error(`sign-up: ${answer.status} ${answer.text}`);
  return person;
}
